import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { LatchstringError } from '../core/errors.ts'

/** A database, and the function of ours that it was given to, for error messages. */
export interface Handle {
  readonly database: DatabaseSync
  readonly taker: 'sqliteStore' | 'sqliteUsers'
}

const SQLITE_BUSY = 5
/** How long a call waits for a lock. With the timers' own delay it stays below the engine's deadline of 1 s. */
export const PATIENCE = 800
const LONGEST_PAUSE = 10

/** SQLITE_BUSY or one of its extended codes, which keep the primary code in the low byte. */
export function isBusy(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false
  return typeof error.errcode === 'number' && (error.errcode & 0xff) === SQLITE_BUSY
}

/** The next pause after `waited` milliseconds of waiting: it grows, and stays short to be there when the lock opens. */
export function pauseAfter(waited: number): number {
  return Math.min(Math.max(waited, 1), LONGEST_PAUSE)
}

/**
 * The application left a transaction open on the database that it handed in. It counts as a lock: to join it
 * would be to read its old snapshot, or to acknowledge a change that it may still roll back.
 */
export function refuseOpenTransaction({ database }: Handle): void {
  if (database.isTransaction) throw new OpenTransaction()
}

class OpenTransaction extends Error {
  readonly errcode = SQLITE_BUSY
}

/** Runs `query`: at once, or again and again while the database is locked, with the event loop free in between. */
export function whenFree<T>(handle: Handle, query: () => T): T | Promise<T> {
  try {
    return runNow(handle, query)
  } catch (error) {
    return isBusy(error) ? waitUntilFree(handle, query) : Promise.reject(failure(handle, error))
  }
}

function runNow<T>(handle: Handle, query: () => T): T {
  refuseOpenTransaction(handle)
  return query()
}

async function waitUntilFree<T>(handle: Handle, query: () => T): Promise<T> {
  for (let waited = 0; waited < PATIENCE; ) {
    const pause = pauseAfter(waited)
    await sleep(pause)
    waited += pause
    try {
      return runNow(handle, query)
    } catch (error) {
      if (!isBusy(error)) throw failure(handle, error)
    }
  }
  throw stayedLocked(handle)
}

export function stayedLocked({ taker }: Handle): LatchstringError {
  return new LatchstringError(
    'store_unavailable',
    'The SQLite database stayed locked. Look for a long transaction: in another process ' +
      `that has the file open, or on the database that was handed to ${taker}.`,
  )
}

/** What the caller is told about `cause`. */
export function failure({ database }: Handle, cause: unknown): LatchstringError {
  if (cause instanceof LatchstringError) return cause
  if (!database.isOpen) {
    return new LatchstringError(
      'store_unavailable',
      'The SQLite database is closed. Close the store after the last request.',
      { cause },
    )
  }
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new LatchstringError('store_unavailable', `SQLite failed: ${reason}`, { cause })
}
