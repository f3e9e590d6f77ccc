import type { Row } from '../core/types.ts'

/** A call to the store that has not been answered yet. */
export interface Flight {
  readonly key: string
  readonly askedAt: number
  /** What a read will answer. Other calls have none. */
  answer: Promise<Row | null> | null
  isDisturbed: boolean
}

/**
 * The calls on their way, by key. One rule keeps old rows out of the cache: a flight is disturbed by every other
 * one of its key that begins or ends meanwhile, and by every invalidation. What an undisturbed flight brings home
 * was stored while nobody else, as far as is known here, changed that row.
 */
export class Flights {
  readonly #ofKey = new Map<string, Set<Flight>>()

  begin(key: string, askedAt: number): Flight {
    this.disturb(key)
    const flight: Flight = { key, askedAt, answer: null, isDisturbed: false }
    const flights = this.#ofKey.get(key)
    if (flights === undefined) this.#ofKey.set(key, new Set([flight]))
    else flights.add(flight)
    return flight
  }

  /** Tells whether the flight was left undisturbed. */
  end(flight: Flight): boolean {
    const flights = this.#ofKey.get(flight.key)
    flights?.delete(flight)
    if (flights?.size === 0) this.#ofKey.delete(flight.key)
    this.disturb(flight.key)
    return !flight.isDisturbed
  }

  /** The undisturbed read of this key, which later readers may share. */
  reading(key: string): Flight | undefined {
    for (const flight of this.#ofKey.get(key) ?? []) {
      if (flight.answer !== null && !flight.isDisturbed) return flight
    }
    return undefined
  }

  disturb(key: string): void {
    for (const flight of this.#ofKey.get(key) ?? []) flight.isDisturbed = true
  }

  disturbAll(): void {
    for (const key of this.#ofKey.keys()) this.disturb(key)
  }
}
