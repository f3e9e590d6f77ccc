import { applyChanges } from '../../core/data.ts'
import { withDeadline } from '../../core/deadline.ts'
import type { Clock, Timers } from '../../core/types.ts'
import { KeyLocks } from '../../stores/_keyLocks.ts'
import type { Backend, Draft, Stored, Values } from './backend.ts'
import { ForeignCalls, type ForeignStore, inTime } from './foreignCalls.ts'
import { lengthOf } from './lifetime.ts'
import { KeptCookie, mergedLength, storedOf } from './storedForm.ts'

export interface ForeignContext {
  /** The deadline of a call, in milliseconds. */
  readonly timeout: number
  readonly timers: Timers
  readonly clock: Clock
  /** Is told of a row that is no session. */
  readonly warnOfBadRow: () => void
}

/** Two middlewares on one store must not overtake each other. */
const locks = new WeakMap<object, KeyLocks>()

/** As many sessions as a process remembers to have touched: their rows may not say so. */
const MOST_REMEMBERED = 10_000

/**
 * Keeps sessions in a store made for express-session. Such a store overwrites without a look, so each write reads
 * first, and writes to one session wait for each other: within a process nothing that ended comes back.
 */
export class ForeignBackend implements Backend {
  readonly #calls: ForeignCalls
  readonly #context: ForeignContext
  readonly #locks: KeyLocks
  readonly #touched = new Map<string, number>()

  constructor(store: ForeignStore, context: ForeignContext) {
    this.#calls = new ForeignCalls(store, context.timeout, context.timers)
    this.#context = context
    this.#locks = locks.get(store) ?? new KeyLocks()
    locks.set(store, this.#locks)
  }

  get touches(): boolean {
    return this.#calls.touches
  }

  async read(id: string): Promise<Stored | null> {
    const session = await this.#get(id)
    if (session === undefined || session === null || session === false || session === '') return null
    if (typeof session === 'object' && !Array.isArray(session)) return storedOf(session)
    this.#context.warnOfBadRow()
    return null
  }

  create(id: string, draft: Draft): Promise<Stored> {
    return this.#alone(id, () => this.#set(id, draft.values, draft, lengthOf(draft.cookie)))
  }

  update(id: string, known: Stored, draft: Draft): Promise<Stored | null> {
    return this.#alone(id, async () => {
      const newest = await this.read(id)
      if (newest === null) return null
      const values = { ...applyChanges(newest.values, draft.changes) }
      return this.#set(id, values, draft, mergedLength(draft, known, newest))
    })
  }

  /** There are stores that write the whole session then, and make one that is not there. */
  touch(id: string, known: Stored, draft: Draft): Promise<void> {
    return this.#alone(id, async () => {
      const newest = await this.read(id)
      if (newest === null) return
      const cookie = this.#cookieOf(draft, mergedLength(draft, known, newest))
      await this.#calls.touch(id, { ...newest.values, cookie })
      this.#remember(id)
    })
  }

  async remove(id: string): Promise<void> {
    await this.#alone(id, () => this.#calls.destroy(id))
    this.#touched.delete(id)
  }

  touchedAt(id: string, { life }: Stored): number {
    return Math.max(this.#touched.get(id) ?? 0, life?.seenAt ?? 0)
  }

  async #get(id: string): Promise<unknown> {
    try {
      return await this.#calls.get(id)
    } catch (error) {
      if (isMissingFile(error)) return null
      if (!isUnparsable(error)) throw error
      this.#context.warnOfBadRow()
      return null
    }
  }

  async #set(id: string, values: Values, draft: Draft, length: number | null): Promise<Stored> {
    const cookie = this.#cookieOf(draft, length)
    await this.#calls.set(id, { ...values, cookie })
    this.#remember(id)
    return { values, cookie, life: draft.life, identity: draft.identity }
  }

  #cookieOf(draft: Draft, length: number | null): KeptCookie {
    return new KeptCookie(draft, length, this.#context.clock)
  }

  #remember(id: string): void {
    this.#touched.delete(id)
    this.#touched.set(id, this.#context.clock())
    const [oldest] = this.#touched.keys()
    if (this.#touched.size > MOST_REMEMBERED && oldest !== undefined) this.#touched.delete(oldest)
  }

  /** In time as a whole: whoever waits for another writer's calls waits no longer than for one. */
  async #alone<T>(id: string, work: () => Promise<T>): Promise<T> {
    const { timeout, timers } = this.#context
    let isLate = false
    const inTurn = () => (isLate ? Promise.reject(new Error('too late')) : work())
    try {
      return await inTime((call) => withDeadline(() => this.#locks.run(id, call), timeout, timers), inTurn)
    } finally {
      isLate = true
    }
  }
}

/** Stores of files report an absent session as an error. A socket that is missing is a store that does not answer. */
function isMissingFile(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'ENOENT') return false
  return !('syscall' in error) || error.syscall !== 'connect'
}

function isUnparsable(error: unknown): boolean {
  return error instanceof Error && error.name === 'SyntaxError'
}
