import { isObject } from '../core/json.ts'
import { createSessionId } from '../core/token.ts'
import type { RandomSource } from '../core/types.ts'
import type { Counters } from './counters.ts'
import { BACKOFF, BACKOFF_MEMORY, type BackoffLimit } from './limits.ts'
import type { Decision, RecordKind } from './recordRows.ts'
import type { Cells, Changed, Decide } from './records.ts'
import { secondsUntil } from './throttle.ts'

/** Whether an account may be tried now. */
export type BackoffState =
  | {
      readonly kind: 'open'
      /** The try was no failure: those in a row before it are forgotten. Never rejects. */
      readonly succeeded: () => Promise<void>
      /** Nothing was verified: only this try is forgotten. Never rejects. */
      readonly giveBack: () => Promise<void>
    }
  /** In whole seconds. */
  | { readonly kind: 'wait'; readonly retryAfter: number }
  /** Until `reset`. */
  | { readonly kind: 'disabled' }

/** Failures in a row. */
interface Streak {
  readonly failures: number
  /** Milliseconds since the epoch. */
  readonly failedAt: number
  /** Tells this row of failures from the next one. */
  readonly id: string
}

const STREAK: RecordKind<Streak> = { name: 'backoff', isValue: isStreak }

export interface BackoffOptions {
  readonly counters: Counters
  readonly random: RandomSource
}

/**
 * Slows the tries at one account down the more of them fail in a row, wherever they come from, and stops them at
 * last. Each is counted as a failure before it is made.
 */
export class Backoff {
  readonly #counters: Counters
  readonly #random: RandomSource

  constructor({ counters, random }: BackoffOptions) {
    this.#counters = counters
    this.#random = random
  }

  take(subject: string): Promise<BackoffState> {
    return this.#counters.run((cells, share) => this.#take(cells, share, changeOf(cells, subject)))
  }

  /** Reads ahead: what it returns is `take`, and a trip cheaper as long as nobody else tries meanwhile. */
  async look(subject: string): Promise<() => Promise<BackoffState>> {
    const looked = await this.#counters.run(async (cells) => ({
      cells,
      change: (await cells.find(STREAK, subject)).change,
    }))
    return () =>
      this.#counters.run((cells, share) =>
        this.#take(cells, share, cells === looked.cells ? looked.change : changeOf(cells, subject)),
      )
  }

  /** Forgets the failures, as after a password reset. Rejects when the store fails. */
  async reset(subject: string): Promise<void> {
    await this.#counters.runInBoth((cells) => cells.change(STREAK, subject, forget))
  }

  async #take({ clock }: Cells, share: number, change: Change): Promise<BackoffState> {
    const [now, limit] = [clock(), sharedOf(share)]
    const newId = createSessionId(this.#random)
    const { before, after, again } = await change((streak) =>
      refusalOf(streak, limit, now) === null ? failed(streak, newId, now) : 'keep',
    )
    const refusal = refusalOf(before, limit, now)
    if (refusal !== null) return refusal
    const id = after?.id ?? newId
    return {
      kind: 'open',
      succeeded: () => quietly(again(forget)),
      giveBack: () => quietly(again(giveBackOne(id))),
    }
  }
}

type Change = (decide: Decide<Streak>) => Promise<Changed<Streak>>

function changeOf(cells: Cells, subject: string): Change {
  return (decide) => cells.change(STREAK, subject, decide)
}

function sharedOf(share: number): BackoffLimit {
  return { ...BACKOFF, free: Math.floor(BACKOFF.free * share), max: Math.floor(BACKOFF.max * share) }
}

/** `null` lets a try pass. */
function refusalOf(
  streak: Streak | null,
  limit: BackoffLimit,
  now: number,
): Exclude<BackoffState, { kind: 'open' }> | null {
  if (streak === null || streak.failures < limit.free) return null
  if (streak.failures >= limit.max) return { kind: 'disabled' }
  const openAt = streak.failedAt + delayAfter(streak.failures, limit)
  return now < openAt ? { kind: 'wait', retryAfter: secondsUntil(openAt, now) } : null
}

function delayAfter(failures: number, { free, firstDelay, longestDelay }: BackoffLimit): number {
  return Math.min(longestDelay, firstDelay * 2 ** (failures - free))
}

function failed(streak: Streak | null, newId: string, now: number): Decision<Streak> {
  const { failures, id } = streak ?? { failures: 0, id: newId }
  return kept({ failures: failures + 1, failedAt: now, id })
}

function forget(): Decision<Streak> {
  return 'remove'
}

function giveBackOne(id: string): Decide<Streak> {
  return (streak) => {
    if (streak?.id !== id) return 'keep'
    const failures = streak.failures - 1
    return failures > 0 ? kept({ ...streak, failures }) : 'remove'
  }
}

function kept(streak: Streak): Decision<Streak> {
  return { value: streak, expiresAt: streak.failedAt + memoryOf(streak.failures) }
}

function memoryOf(failures: number): number {
  if (failures < BACKOFF.free) return BACKOFF_MEMORY.free
  return failures < BACKOFF.max ? BACKOFF_MEMORY.delayed : BACKOFF_MEMORY.disabled
}

/** What cannot be forgotten stays counted: stricter, never looser. */
async function quietly(work: Promise<unknown>): Promise<void> {
  await Promise.allSettled([work])
}

function isStreak(value: unknown): value is Streak {
  if (!isObject(value)) return false
  const streak: { readonly [K in keyof Streak]?: unknown } = value
  const isCounted = Number.isSafeInteger(streak.failures) && Number.isFinite(streak.failedAt)
  return isCounted && typeof streak.id === 'string'
}
