import type { InvalidationBus } from './_bus.ts'

/** How long a change waits for the bus. The change itself is stored by then, and must not seem to have failed. */
const PATIENCE = 100
/** A bus that hangs gets no more at once: its client would keep them all. */
const MOST_UNDER_WAY = 1_000

/** Tells the other processes what has changed, as far as the bus can be had. */
export class Publisher {
  readonly #bus: InvalidationBus
  #underWay = 0

  constructor(bus: InvalidationBus) {
    this.#bus = bus
  }

  /** Resolves when the bus has taken the message, has failed, or takes too long. */
  publish(keys: readonly string[]): Promise<void> {
    if (this.#underWay >= MOST_UNDER_WAY) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, PATIENCE)
      const done = () => {
        this.#underWay--
        clearTimeout(timer)
        resolve()
      }
      this.#underWay++
      this.#send(keys).then(done, done)
    })
  }

  async #send(keys: readonly string[]): Promise<void> {
    await this.#bus.publish(keys)
  }
}
