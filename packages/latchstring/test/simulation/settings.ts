import type { FastRandom } from '../random/seeds.ts'

/** What a seed decides about a whole schedule. */
export interface Settings {
  readonly isCached: boolean
  readonly renews: boolean
  readonly limit: { readonly max: number; readonly policy: 'revoke-oldest' | 'deny' } | null
  /** One call of so many goes wrong; 0: none. */
  readonly faultOnceIn: number
  /** Whether that is only so on the bus: then no request may fail. */
  readonly isStoreFair: boolean
  /** Whether the client of the store sends a call again when its connection breaks, as some do unasked. */
  readonly resends: boolean
  /** Whether tokens come back to the node that has answered their log-out, at that moment. */
  readonly comesBack: boolean
  readonly operations: number
}

export const START: number = Date.UTC(2026, 0, 1)
export const NODES = 3
export const BROWSERS = 3
export const USERS = ['ann', 'bob'] as const
/** No schedule takes as long: what ends by itself is the subject of the model. */
export const IDLE = 600_000
export const STORE_TIMEOUT = 1_000
export const TTL = 2_000
export const RENEWAL: { readonly every: number; readonly grace: number } = { every: 400, grace: 200 }
/** As late as a message may be when nothing goes wrong. */
const SLOWEST_DELAY = 50
/** Clocks of nodes differ by this much at most. */
const SKEW = 5

/** What was added later is decided without asking chance: so the schedules of older seeds stay what they were. */
export function settingsOf(random: FastRandom, seed: number): Settings {
  const policy = random.onceIn(2) ? 'deny' : 'revoke-oldest'
  return {
    isCached: random.onceIn(2),
    renews: random.onceIn(3),
    limit: random.onceIn(4) ? { max: 1 + random.below(2), policy } : null,
    faultOnceIn: random.pick([0, 0, 10, 30]) ?? 0,
    isStoreFair: random.onceIn(4),
    resends: seed % 5 === 0,
    comesBack: seed % 5 === 1,
    operations: 5 + random.below(12),
  }
}

/** How long another node may go on with what it has cached: a message is late at most, unless it is lost. */
export function stalenessOf({ isCached, faultOnceIn }: Settings): number {
  if (!isCached) return 0
  return faultOnceIn === 0 ? SLOWEST_DELAY : TTL
}

export function skewOf(random: FastRandom): number {
  return random.below(2 * SKEW + 1) - SKEW
}

/** What becomes of one call over a network. */
export type Fate = 'answered' | 'refused' | 'request lost' | 'answer lost' | 'answer broken'

const FAULTS: readonly Fate[] = ['refused', 'request lost', 'answer lost', 'answer broken']

/** Decides by chance what the network and the store do. */
export class Weather {
  readonly #random: FastRandom
  readonly #faultOnceIn: number
  readonly #resends: boolean
  isFair = false
  /** How many calls were sent twice. */
  resent = 0

  constructor(random: FastRandom, faultOnceIn: number, resends: boolean) {
    this.#random = random
    this.#faultOnceIn = faultOnceIn
    this.#resends = resends
  }

  fate(): Fate {
    if (!this.breaks()) return 'answered'
    return this.#random.pick(FAULTS) ?? 'answered'
  }

  /** Whether a call that was done is sent again, because its answer was lost. */
  resends(): boolean {
    if (!this.#resends || !this.breaks()) return false
    this.resent++
    return true
  }

  breaks(): boolean {
    return !this.isFair && this.#faultOnceIn > 0 && this.#random.onceIn(this.#faultOnceIn)
  }

  /** In milliseconds. Mostly so short that much happens at once; sometimes longer than anybody waits. */
  delay(): number {
    if (this.isFair) return 0
    if (this.breaks()) return this.#random.below(3 * STORE_TIMEOUT)
    return this.#random.onceIn(5) ? this.#random.below(SLOWEST_DELAY) : this.#random.below(4)
  }
}
