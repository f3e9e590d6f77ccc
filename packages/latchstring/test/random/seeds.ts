import { createHash, randomInt } from 'node:crypto'

/** fast-check takes whole numbers of 31 bits without a sign. */
const SEEDS = 2 ** 31

/** The seed that `SEED` gives: a whole number as it is, any other text by its hash. Without it, a new one each time. */
export function givenSeed(): number {
  const { SEED } = process.env
  if (!SEED) return randomInt(SEEDS)
  if (/^\d{1,10}$/.test(SEED)) return Number(SEED) % SEEDS
  return createHash('sha256').update(SEED).digest().readUInt32BE(0) % SEEDS
}

/** The seeds of the parts of a run follow each other, so that each part can be run again alone. */
export function nextSeed(seed: number, steps: number): number {
  return (seed + steps) % SEEDS
}

/** Whole numbers that are the same for the same seed: xoshiro128**, which is fast and needs no proof against guessing. */
export class FastRandom {
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(seed: number) {
    const mix = splitMix(seed)
    this.#a = mix()
    this.#b = mix()
    this.#c = mix()
    this.#d = mix()
  }

  /** From 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor((this.#next() / 2 ** 32) * limit)
  }

  /** Once in `times`, on average. */
  onceIn(times: number): boolean {
    return this.below(times) === 0
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[this.below(items.length)]
  }

  #next(): number {
    const result = Math.imul(rotate(Math.imul(this.#b, 5), 7), 9) >>> 0
    const shifted = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= shifted
    this.#d = rotate(this.#d, 11)
    return result
  }
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

/** Spreads one number over the state, as its author advises. */
function splitMix(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    return mixed ^ (mixed >>> 16)
  }
}
