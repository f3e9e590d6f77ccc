import { SeededRandom } from '../history/random.ts'
import type { Filled } from './fill.ts'
import { rowAt, type UserRow } from './population.ts'

export class Stopwatch {
  /** In milliseconds. */
  readonly laps: number[] = []

  async time<T>(work: () => Promise<T>): Promise<T> {
    const began = performance.now()
    const result = await work()
    this.laps.push(performance.now() - began)
    return result
  }

  /** The laps that `work` took. */
  async during(work: () => Promise<unknown>): Promise<number[]> {
    const before = this.laps.length
    await work()
    return this.laps.slice(before)
  }
}

export type LookUp = (filled: Filled, row: UserRow) => Promise<unknown>

/**
 * How long each look-up of a random row took, store by store. They take turns, so that whatever else the machine does
 * meanwhile hits all of them.
 */
export async function timesOf(
  stores: readonly Filled[],
  lookUp: LookUp,
  rounds: number,
): Promise<number[][]> {
  const turns = stores.map((filled) => ({ filled, stopwatch: new Stopwatch(), next: rowsAtRandom(filled) }))
  for (let round = 0; round < rounds; round++) {
    for (const { filled, stopwatch, next } of turns) {
      const row = next()
      await stopwatch.time(() => lookUp(filled, row))
    }
  }
  return turns.map(({ stopwatch }) => stopwatch.laps)
}

function rowsAtRandom({ population }: Filled): () => UserRow {
  const random = new SeededRandom(population.seed)
  return () => rowAt(population, random.below(population.size))
}

/** The time that this share of the laps did not exceed. */
export function quantile(laps: readonly number[], share: number): number {
  return laps.toSorted((a, b) => a - b)[Math.ceil(share * laps.length) - 1] ?? Number.NaN
}

/** As a balanced tree gets deeper, and a third more for noise: twice from 10,000 to 1,000,000. */
export function permittedGrowth(few: number, many: number): number {
  return (4 / 3) * (Math.log(many) / Math.log(few))
}
