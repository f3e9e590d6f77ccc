import { LatchstringError } from './errors.ts'
import type { Emit, StoreOperation } from './events.ts'
import { isObject } from './json.ts'
import { type Expected, Patience } from './patience.ts'
import type { Row, Store, Timers } from './types.ts'

export interface Reliability {
  /** How long a store may take for one call, in milliseconds. */
  readonly timeout: number
  readonly timers: Timers
  readonly emit: Emit
}

/**
 * A store around a store that answers rightly or fails with a LatchstringError: in time, and never with
 * something that is no answer.
 */
export class ReliableStore implements Store {
  readonly #store: Store
  readonly #patience: Patience
  readonly #emit: Emit

  constructor(store: Store, { timeout, timers, emit }: Reliability) {
    this.#store = store
    this.#patience = new Patience(timeout, timers)
    this.#emit = emit
  }

  /** At once where the store answers so: only a right answer comes so, and every failure as a rejection. */
  read(key: string): Row | null | Promise<Row | null> {
    const isAnswer = (answer: unknown) => answer === null || (isRow(answer) && answer.key === key)
    return this.#patience.answerOf(() => this.#store.read(key), this.#expected('read', isAnswer))
  }

  /** Whether the store answers some reads from a memory of its own. */
  get isCached(): boolean {
    return isCachedStore(this.#store)
  }

  /** Whether the store knows the sessions of a user; one that does not says so by `narrowed`. */
  get isListable(): boolean {
    const { narrowed } = this.#store
    return !Array.isArray(narrowed) || !narrowed.includes('list')
  }

  /** Whether expired rows go by themselves. */
  get dropsExpired(): boolean {
    return this.#store.dropsExpired === true
  }

  /** Like `read`, past any cache. */
  readFresh(key: string): Promise<Row | null> {
    const store = this.#store
    const isAnswer = (answer: unknown) => answer === null || (isRow(answer) && answer.key === key)
    const fresh = async () => (isCachedStore(store) ? store.readFresh(key) : store.read(key))
    return this.#ask('read', fresh, isAnswer)
  }

  write(row: Row): Promise<boolean> {
    return this.#ask('write', () => this.#store.write(row), isBoolean)
  }

  remove(keys: readonly string[]): Promise<number> {
    return this.#ask('remove', () => this.#store.remove(keys), isCount)
  }

  list(userId: string): Promise<Row[]> {
    const isAnswer = (answer: unknown) => Array.isArray(answer) && answer.every(isRow)
    return this.#ask('list', () => this.#store.list(userId), isAnswer)
  }

  /** Housekeeping may take its time: nobody waits for it. */
  async purge(now: number): Promise<number> {
    try {
      return await this.#store.purge(now)
    } catch (cause) {
      throw this.#failure('purge', cause)
    }
  }

  #ask<T>(
    operation: StoreOperation,
    call: () => Promise<T>,
    isAnswer: (answer: unknown) => boolean,
  ): Promise<T> {
    return this.#patience.ask(call, this.#expected(operation, isAnswer))
  }

  #expected(operation: StoreOperation, isAnswer: (answer: unknown) => boolean): Expected {
    return { isAnswer, failure: (cause) => this.#failure(operation, cause) }
  }

  #failure(operation: StoreOperation, cause: unknown): LatchstringError {
    const error = asLatchstringError(operation, cause)
    this.#emit({ type: 'store.failed', operation, error })
    return error
  }
}

function asLatchstringError(operation: StoreOperation, cause: unknown): LatchstringError {
  if (cause instanceof LatchstringError) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new LatchstringError('store_unavailable', `the session store failed at ${operation}: ${reason}`, {
    cause,
  })
}

/** A store that may answer `read` from a cache says so by this method. */
interface CachedStore extends Store {
  readFresh(key: string): Promise<Row | null>
}

function isCachedStore(store: Store): store is CachedStore {
  return 'readFresh' in store && typeof store.readFresh === 'function'
}

type Unchecked<T> = { readonly [K in keyof T]?: unknown }

function isRow(value: unknown): value is Row {
  if (!isObject(value)) return false
  const row: Unchecked<Row> = value
  return (
    typeof row.key === 'string' &&
    (row.userId === null || typeof row.userId === 'string') &&
    Number.isSafeInteger(row.version) &&
    typeof row.expiresAt === 'number' &&
    typeof row.payload === 'string'
  )
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean'
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value)
}
