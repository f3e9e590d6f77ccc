import { createHash } from 'node:crypto'

/** Chance that is the same in every run with one seed, and quick enough for 10^8 inputs (the generator sfc32). */
export class Dice {
  #a: number
  #b: number
  #c: number
  #count: number

  constructor(seed: string) {
    const digest = createHash('sha256').update(seed).digest()
    this.#a = digest.readInt32LE(0)
    this.#b = digest.readInt32LE(4)
    this.#c = digest.readInt32LE(8)
    this.#count = digest.readInt32LE(12)
  }

  /** From 0 to `limit` - 1. */
  below(limit: number): number {
    const sum = (this.#a + this.#b + this.#count) | 0
    this.#count = (this.#count + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return (sum >>> 0) % limit
  }

  /** Once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0
  }

  /** @throws RangeError for an empty list. */
  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new RangeError('there is nothing to pick from')
    return item
  }
}

/** Up to `most` of these fragments, one after the other. */
export function joined(dice: Dice, fragments: readonly string[], most: number): string {
  let text = ''
  for (let count = dice.below(most + 1); count > 0; count--) text += dice.pick(fragments)
  return text
}

/** A text with a few of its characters changed, doubled, dropped or replaced by one of the fragments. */
export function mangled(dice: Dice, text: string, fragments: readonly string[]): string {
  let result = text
  for (let changes = dice.below(4); changes > 0; changes--) {
    const at = dice.below(result.length + 1)
    const put = dice.once(8) ? '' : dice.pick(fragments)
    result = result.slice(0, at) + put + result.slice(at + dice.below(3))
  }
  return result
}
