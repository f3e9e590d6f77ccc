import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import {
  failure,
  type Handle,
  isBusy,
  PATIENCE,
  pauseAfter,
  refuseOpenTransaction,
  stayedLocked,
} from './_sqliteBusy.ts'

/** Runs a change inside a transaction and answers with its result once that is committed. */
export type Writer = <T>(change: () => T) => Promise<T>

type Tell = () => void

interface Job {
  /** Makes the change and returns what tells the caller, to be called after the commit. May run again. */
  readonly run: () => Tell
  readonly reject: (error: Error) => void
  /** Milliseconds spent waiting for the lock. */
  waited: number
}

/** A transaction is synchronous: this bounds how long one holds the event loop. */
const BATCH = 100

/**
 * SQLite lets one writer in at a time and pays for each commit with a flush to the disk. So the changes asked
 * for in one turn of the event loop share a transaction, and one poller waits for the lock on behalf of all.
 */
export function createWriter(handle: Handle): Writer {
  const transact = transactions(handle)
  const queue: Job[] = []
  let draining = false

  async function drain(): Promise<void> {
    draining = true
    do {
      // The turn between two transactions collects more changes, and lets others have the event loop.
      await turn()
      while (queue.length > 0 && !commit(queue, transact, handle)) await sleep(waitOnce(queue, handle))
    } while (queue.length > 0)
    draining = false
  }

  return (change) =>
    new Promise((resolve, reject) => {
      queue.push({ run: () => resolveLater(resolve, change()), reject, waited: 0 })
      if (!draining) void drain()
    })
}

function resolveLater<T>(resolve: (value: T) => void, value: T): Tell {
  return () => resolve(value)
}

/** Commits the head of the queue and answers those who asked. Returns false when the database is locked. */
function commit(queue: Job[], transact: Transact, handle: Handle): boolean {
  const batch = queue.slice(0, BATCH)
  try {
    for (const tell of transact(batch)) tell()
  } catch (error) {
    if (isBusy(error)) return false
    for (const { reject } of batch) reject(failure(handle, error))
  }
  queue.splice(0, batch.length)
  return true
}

/** Refuses those who have waited long enough. Returns how long the others wait before the next try. */
function waitOnce(queue: Job[], handle: Handle): number {
  // Nobody came before the head, so nobody has waited longer.
  while (queue[0] !== undefined && queue[0].waited >= PATIENCE) queue.shift()?.reject(stayedLocked(handle))
  const pause = pauseAfter(queue[0]?.waited ?? 0)
  for (const job of queue) job.waited += pause
  return pause
}

type Transact = (batch: readonly Job[]) => Tell[]

/** All of the batch or nothing. Throws a busy error when the lock is not to be had. */
function transactions(handle: Handle): Transact {
  const { database } = handle
  const begin = database.prepare('BEGIN IMMEDIATE')
  const commit = database.prepare('COMMIT')
  const rollback = database.prepare('ROLLBACK')

  return (batch) => {
    refuseOpenTransaction(handle)
    begin.run()
    try {
      const tell = batch.map((job) => job.run())
      commit.run()
      return tell
    } catch (error) {
      // After some failures, such as a full disk, SQLite has rolled back already.
      if (database.isTransaction) rollback.run()
      throw error
    }
  }
}
