import { createHash } from 'node:crypto'

/** Whole numbers that are the same in every run with this seed. */
export class SeededRandom {
  readonly #seed: string
  #count = 0

  constructor(seed: string) {
    this.#seed = seed
  }

  /** From 0 to `limit` - 1. */
  below(limit: number): number {
    const digest = createHash('sha256')
      .update(`${this.#seed} ${this.#count++}`)
      .digest()
    return digest.readUInt32BE(0) % limit
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[this.below(Math.max(1, items.length))]
  }
}
