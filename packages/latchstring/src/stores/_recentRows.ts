import type { Row } from '../core/types.ts'

export interface RecentRow {
  readonly row: Row
  /** When the store was asked: the row is at least as new as this. */
  readonly askedAt: number
}

/** At most `max` rows. The one that was used least recently makes room. */
export class RecentRows {
  readonly #max: number
  readonly #rows = new Map<string, RecentRow>()

  constructor(max: number) {
    this.#max = max
  }

  get(key: string): RecentRow | undefined {
    const found = this.#rows.get(key)
    if (found === undefined) return undefined
    // A Map keeps the order of insertion: the row used last goes to the end.
    this.#rows.delete(key)
    this.#rows.set(key, found)
    return found
  }

  set(key: string, recent: RecentRow): void {
    this.#rows.delete(key)
    this.#rows.set(key, recent)
    const oldest = this.#rows.keys().next().value
    if (this.#rows.size > this.#max && oldest !== undefined) this.#rows.delete(oldest)
  }

  delete(key: string): void {
    this.#rows.delete(key)
  }

  clear(): void {
    this.#rows.clear()
  }

  deleteExpired(now: number): void {
    for (const [key, { row }] of this.#rows) {
      if (row.expiresAt <= now) this.#rows.delete(key)
    }
  }
}
