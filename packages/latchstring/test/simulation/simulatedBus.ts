import type { BusListener, InvalidationBus } from '../../src/stores/cached.ts'
import type { Scheduler } from './scheduler.ts'
import type { Weather } from './settings.ts'
import type { Process } from './simulatedStore.ts'

/** Carries messages between caches: late, twice or not at all. */
export class SimulatedBus {
  readonly #scheduler: Scheduler
  readonly #weather: Weather
  readonly #ends = new Set<BusEnd>()

  constructor(scheduler: Scheduler, weather: Weather) {
    this.#scheduler = scheduler
    this.#weather = weather
  }

  end(process: Process): BusEnd {
    const end = new BusEnd(process, (keys) => this.#publish(end, keys))
    this.#ends.add(end)
    return end
  }

  #publish(sender: BusEnd, keys: readonly string[]): Promise<void> {
    for (const end of this.#ends) if (end !== sender) this.#deliver(end, keys)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const fate = this.#weather.fate()
    if (fate === 'refused' || fate === 'answer broken') this.#after(() => reject(new Error('no connection')))
    if (fate === 'answered') this.#after(resolve)
    return promise
  }

  #deliver(end: BusEnd, keys: readonly string[]): void {
    if (!this.#weather.breaks()) this.#after(() => end.receive(keys))
    if (this.#weather.breaks()) this.#after(() => end.receive(keys))
  }

  #after(run: () => void): void {
    this.#scheduler.after(this.#weather.delay(), run)
  }
}

export class BusEnd implements InvalidationBus {
  readonly publish: (keys: readonly string[]) => Promise<void>
  readonly #process: Process
  #listener: BusListener | null = null
  #isUp = true

  constructor(process: Process, publish: (keys: readonly string[]) => Promise<void>) {
    this.#process = process
    this.publish = publish
  }

  async subscribe(listener: BusListener): Promise<() => void> {
    this.#listener = listener
    listener.connected()
    return () => {
      this.#listener = null
    }
  }

  receive(keys: readonly string[]): void {
    if (this.#isUp && this.#process.isUp) this.#listener?.invalidate(keys)
  }

  /** From now on messages are missed. */
  lose(): void {
    this.#isUp = false
  }

  noticeLoss(): void {
    if (!this.#isUp) this.#listener?.disconnected()
  }

  mend(): void {
    this.#isUp = true
    this.#listener?.connected()
  }
}
