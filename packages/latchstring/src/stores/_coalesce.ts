/** Asks a server for several keys in one round trip. Keys that the answer lacks are absent. */
export type AskMany<T> = (keys: readonly string[]) => Promise<ReadonlyMap<string, T>>

export interface CoalesceLimits {
  /** The most keys in one round trip. */
  readonly keys: number
  /** The most round trips at once. While they are under way, further reads gather for the next one. */
  readonly trips: number
  /** Milliseconds after which a trip that has not come back no longer keeps others from starting. */
  readonly patience: number
}

export const COALESCE_LIMITS: CoalesceLimits = { keys: 256, trips: 4, patience: 1_000 }

/**
 * Makes one round trip of the reads that begin in the same turn of the event loop. A read never shares a trip that
 * began before it: it sees everything that was acknowledged before.
 */
export function coalesce<T>(
  askMany: AskMany<T>,
  limits: CoalesceLimits = COALESCE_LIMITS,
): (key: string) => Promise<T | null> {
  const coalescer = new Coalescer(askMany, limits)
  return (key) => coalescer.read(key)
}

type Batch<T> = Map<string, PromiseWithResolvers<T | null>>

class Coalescer<T> {
  readonly #askMany: AskMany<T>
  readonly #limits: CoalesceLimits
  readonly #waiting: Batch<T> = new Map()
  #isScheduled = false
  #trips = 0

  constructor(askMany: AskMany<T>, limits: CoalesceLimits) {
    this.#askMany = askMany
    this.#limits = limits
  }

  read(key: string): Promise<T | null> {
    const asked = this.#waiting.get(key)
    if (asked !== undefined) return asked.promise
    const answer = Promise.withResolvers<T | null>()
    this.#waiting.set(key, answer)
    this.#schedule()
    return answer.promise
  }

  /**
   * Requests on different connections arrive in callbacks of their own, each with its own microtasks and next ticks:
   * what they have in common is the turn, at whose end an immediate runs. It waits for no clock.
   */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#start()
    })
  }

  #start(): void {
    while (this.#waiting.size > 0 && this.#trips < this.#limits.trips) void this.#travel(this.#take())
  }

  #take(): Batch<T> {
    const batch: Batch<T> = new Map()
    for (const [key, answer] of this.#waiting) {
      if (batch.size === this.#limits.keys) break
      batch.set(key, answer)
      this.#waiting.delete(key)
    }
    return batch
  }

  async #travel(batch: Batch<T>): Promise<void> {
    const arrive = this.#depart()
    try {
      const found = await this.#askMany([...batch.keys()])
      for (const [key, { resolve }] of batch) resolve(found.get(key) ?? null)
    } catch (error) {
      for (const { reject } of batch.values()) reject(error)
    }
    arrive()
  }

  /** Returns what ends the trip. Patience ends it too: connections that hang must not stop the reads of others. */
  #depart(): () => void {
    let isUnderWay = true
    const arrive = () => {
      clearTimeout(patience)
      if (!isUnderWay) return
      isUnderWay = false
      this.#trips--
      this.#start()
    }
    const patience = setTimeout(arrive, this.#limits.patience)
    patience.unref()
    this.#trips++
    return arrive
  }
}
