import type { SessionEvent } from '../../src/core/events.ts'
import { Sessions } from '../../src/core/sessions.ts'
import type { RandomSource, Store, Timers } from '../../src/core/types.ts'
import { cached } from '../../src/stores/cached.ts'
import type { Scheduler } from './scheduler.ts'
import { IDLE, RENEWAL, type Settings, STORE_TIMEOUT, TTL } from './settings.ts'
import type { BusEnd, SimulatedBus } from './simulatedBus.ts'
import { type Network, type Process, type Rows, SimulatedStore } from './simulatedStore.ts'

/** What all nodes of a schedule share. */
export interface Surroundings {
  readonly settings: Settings
  readonly scheduler: Scheduler
  readonly network: Network
  readonly rows: Rows
  readonly bus: SimulatedBus
  readonly random: RandomSource
  readonly credentialVersion: (user: string) => number
  readonly onEvent: (event: SessionEvent) => void
}

/** One process with the library in it. */
export class Node implements Process {
  readonly sessions: Sessions
  readonly busEnd: BusEnd
  readonly #surroundings: Surroundings
  #isUp = true

  constructor(surroundings: Surroundings, skew: number) {
    this.#surroundings = surroundings
    this.busEnd = surroundings.bus.end(this)
    const { settings, scheduler, network, credentialVersion } = surroundings
    const { renews, limit } = settings
    const clock = () => scheduler.now + skew
    this.sessions = new Sessions({
      store: this.#store(clock),
      clock,
      random: surroundings.random,
      timers: this.#timers(),
      storeTimeout: STORE_TIMEOUT,
      idleTimeout: IDLE,
      ...(renews ? { renewal: RENEWAL } : {}),
      ...(limit === null ? {} : { maxSessionsPerUser: limit }),
      credentialVersion: (userId) => network.call(this, () => credentialVersion(String(userId))),
      onEvent: (event) => surroundings.onEvent(event),
    })
  }

  get isUp(): boolean {
    return this.#isUp
  }

  crash(): void {
    this.#isUp = false
  }

  #store(clock: () => number): Store {
    const { settings, rows, network } = this.#surroundings
    const store = new SimulatedStore(rows, this, network)
    return settings.isCached ? cached(store, { bus: this.busEnd, ttl: TTL, clock }) : store
  }

  #timers(): Timers {
    const { scheduler } = this.#surroundings
    return {
      schedule: (run, milliseconds) =>
        scheduler.after(milliseconds, () => {
          if (this.#isUp) run()
        }),
      // Nothing is purged unasked.
      repeat: () => () => {},
    }
  }
}
