import type { Emit } from './events.ts'
import type { Lifetimes } from './lifetime.ts'
import type { SessionLimit } from './limit.ts'
import type { RecentPayloads } from './recentPayloads.ts'
import type { ReliableStore } from './reliableStore.ts'
import type { Clock, RandomSource, Timers, UserId } from './types.ts'

/** Which version of a user's credentials is current; it changes whenever one of them does. */
export type CredentialVersion = (userId: UserId) => Promise<string | number | null>

/** What every operation on sessions works with. */
export interface Engine {
  readonly store: ReliableStore
  readonly clock: Clock
  readonly random: RandomSource
  readonly timers: Timers
  readonly lifetimes: Lifetimes
  /** The deadline of one call to the store or to `credentialVersion`, in milliseconds. */
  readonly timeout: number
  readonly limit: SessionLimit | null
  readonly credentialVersion: CredentialVersion | null
  readonly revokedBefore: Clock | null
  /** Until when sessions that live elsewhere are taken over; `null`: none are. */
  readonly takeOverUntil: number | null
  readonly emit: Emit
  readonly recentPayloads: RecentPayloads
}

/**
 * How often a refused write is tried again. Of all that race for one session at least one succeeds in each
 * round, so this is also how many parallel writers one session can take.
 */
export const MAX_ATTEMPTS = 100
