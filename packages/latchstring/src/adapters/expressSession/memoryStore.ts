import { systemClock } from '../../core/clock.ts'
import { LatchstringError } from '../../core/errors.ts'
import type { Clock } from '../../core/types.ts'
import type { SessionCallback } from '../../http/promiseOrCallback.ts'
import { Store } from './store.ts'
import type { SessionData } from './types.ts'

export interface MemoryStoreOptions {
  /** The most sessions held at once; then new ones are refused. Default: 100,000. */
  readonly max?: number
  /** For tests: the time. */
  readonly clock?: Clock
}

interface Kept {
  readonly text: string
  /** Infinite for a session whose cookie says nothing of its end. */
  readonly expiresAt: number
}

const DEFAULT_MAX = 100_000
const SWEEP_EVERY = 60_000

/**
 * Sessions in the memory of this process, for development and tests: a restart forgets them. What has expired is
 * dropped once a minute, with the next call.
 */
export class MemoryStore extends Store {
  readonly #max: number
  readonly #clock: Clock
  readonly #kept = new Map<string, Kept>()
  #sweptAt: number

  constructor({ max = DEFAULT_MAX, clock = systemClock }: MemoryStoreOptions = {}) {
    super()
    this.#max = max
    this.#clock = clock
    this.#sweptAt = clock()
  }

  /** The JSON of each live session by its key. */
  get sessions(): Record<string, string> {
    this.#sweep()
    return Object.fromEntries([...this.#kept].map(([sid, { text }]) => [sid, text]))
  }

  get(sid: string, callback?: (error?: unknown, session?: SessionData | null) => void): void {
    this.#sweepSometimes()
    const kept = this.#live(sid)
    answer(callback, null, kept === null ? null : JSON.parse(kept.text))
  }

  set(sid: string, session: SessionData, callback?: SessionCallback): void {
    this.#sweepSometimes()
    const hasRoom = this.#kept.has(sid) || !this.#isFull()
    if (hasRoom) this.#kept.set(sid, { text: JSON.stringify(session), expiresAt: endOf(session) })
    answer(callback, hasRoom ? undefined : full(this.#max))
  }

  destroy(sid: string, callback?: SessionCallback): void {
    this.#kept.delete(sid)
    answer(callback)
  }

  /** Moves the expiry of a session that is still there; its data stays as others have written it. */
  override touch(sid: string, session: SessionData, callback?: SessionCallback): void {
    const kept = this.#live(sid)
    if (kept !== null) {
      const text = JSON.stringify({ ...JSON.parse(kept.text), cookie: session.cookie })
      this.#kept.set(sid, { text, expiresAt: endOf(session) })
    }
    answer(callback)
  }

  override all(callback?: (error?: unknown, sessions?: Record<string, SessionData>) => void): void {
    this.#sweep()
    const sessions = [...this.#kept].map(([sid, { text }]) => [sid, JSON.parse(text)])
    answer(callback, null, Object.fromEntries(sessions))
  }

  override length(callback?: (error?: unknown, length?: number) => void): void {
    this.#sweep()
    answer(callback, null, this.#kept.size)
  }

  override clear(callback?: SessionCallback): void {
    this.#kept.clear()
    answer(callback)
  }

  #live(sid: string): Kept | null {
    const kept = this.#kept.get(sid)
    if (kept === undefined || kept.expiresAt > this.#clock()) return kept ?? null
    this.#kept.delete(sid)
    return null
  }

  #isFull(): boolean {
    if (this.#kept.size < this.#max) return false
    this.#sweep()
    return this.#kept.size >= this.#max
  }

  #sweepSometimes(): void {
    if (this.#clock() - this.#sweptAt >= SWEEP_EVERY) this.#sweep()
  }

  #sweep(): void {
    const now = this.#clock()
    this.#sweptAt = now
    for (const [sid, { expiresAt }] of this.#kept) if (expiresAt <= now) this.#kept.delete(sid)
  }
}

function endOf({ cookie }: SessionData): number {
  const expires: unknown = cookie?.expires
  const end =
    expires instanceof Date || typeof expires === 'string' ? new Date(expires).valueOf() : Number.NaN
  return Number.isNaN(end) ? Number.POSITIVE_INFINITY : end
}

/** Later, as from any other store. */
function answer<Args extends unknown[]>(
  callback: ((...args: Args) => void) | undefined,
  ...args: Args
): void {
  if (callback !== undefined) setImmediate(callback, ...args)
}

function full(max: number): LatchstringError {
  return new LatchstringError(
    'store_full',
    `the memory store holds ${max} live sessions, as many as it may: use a store that keeps them on disk`,
  )
}
