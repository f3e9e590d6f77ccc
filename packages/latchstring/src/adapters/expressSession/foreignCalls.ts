import { LatchstringError } from '../../core/errors.ts'
import { type Expected, Patience, Unanswered } from '../../core/patience.ts'
import type { Timers } from '../../core/types.ts'
import { answerOf } from '../../stores/_expressCall.ts'

/** What is used of a store of express-session. */
export interface ForeignStore {
  get(sid: string, callback: (error?: unknown, session?: unknown) => void): unknown
  set(sid: string, session: object, callback: (error?: unknown) => void): unknown
  destroy(sid: string, callback: (error?: unknown) => void): unknown
  touch?(sid: string, session: object, callback: (error?: unknown) => void): unknown
}

/** A write whose answer is still out, perhaps long after anybody waited for it. */
interface PendingWrite {
  readonly id: string
  /** The session has been ended since. */
  isEnded: boolean
}

/** By store: two middlewares on one store must know of each other's. */
const pendingWrites = new WeakMap<object, Set<PendingWrite>>()

/**
 * The calls to a store of express-session, each of which ends in time. A write that was given up may still reach the
 * store: if the session was ended meanwhile, it is ended again.
 */
export class ForeignCalls {
  readonly #store: ForeignStore
  readonly #patience: Patience
  readonly #pending: Set<PendingWrite>

  /** `timeout` is for each call, in milliseconds. */
  constructor(store: ForeignStore, timeout: number, timers: Timers) {
    this.#store = store
    this.#patience = new Patience(timeout, timers)
    this.#pending = pendingWrites.get(store) ?? new Set()
    pendingWrites.set(store, this.#pending)
  }

  get touches(): boolean {
    return typeof this.#store.touch === 'function'
  }

  get(id: string): Promise<unknown> {
    return this.#ask(() => answerOf(this.#store.get, 1, (callback) => this.#store.get(id, callback)))
  }

  async set(id: string, session: object): Promise<void> {
    await this.#write(id, () =>
      answerOf(this.#store.set, 2, (callback) => this.#store.set(id, session, callback)),
    )
  }

  async touch(id: string, session: object): Promise<void> {
    const { touch } = this.#store
    if (touch === undefined) return
    await this.#write(id, () =>
      answerOf(touch, 2, (callback) => touch.call(this.#store, id, session, callback)),
    )
  }

  async destroy(id: string): Promise<void> {
    for (const write of this.#pending) if (write.id === id) write.isEnded = true
    await this.#ask(() => this.#destroy(id))
  }

  #destroy(id: string): Promise<unknown> {
    return answerOf(this.#store.destroy, 1, (callback) => this.#store.destroy(id, callback))
  }

  #write(id: string, call: () => Promise<unknown>): Promise<unknown> {
    const write = { id, isEnded: false }
    return this.#ask(async () => {
      this.#pending.add(write)
      try {
        return await call()
      } finally {
        this.#pending.delete(write)
        if (write.isEnded) await this.#destroy(id)
      }
    })
  }

  #ask<T>(call: () => Promise<T>): Promise<T> {
    return this.#patience.ask(call, ANSWER)
  }
}

/** The store's own error goes on as it is, for error handlers that know it; one that does not answer has none. */
const ANSWER: Expected = {
  isAnswer: () => true,
  failure: (cause) => (cause instanceof Unanswered ? unavailable(cause) : cause),
}

class CallFailed extends Error {}

/** The same for calls that wait for each other. */
export async function inTime<T>(
  wait: (call: () => Promise<T>) => Promise<T>,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await wait(() => call().catch(rethrow))
  } catch (error) {
    throw error instanceof CallFailed ? error.cause : unavailable(error)
  }
}

function unavailable(cause: unknown): LatchstringError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new LatchstringError('store_unavailable', `the session store gave ${reason}`, { cause })
}

function rethrow(cause: unknown): never {
  throw new CallFailed('', { cause })
}
