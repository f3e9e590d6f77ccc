import type { Store } from '../../src/core/types.ts'
import type { Stopwatch } from './measure.ts'
import type { Population } from './population.ts'

/** A store that holds exactly this population. */
export interface Filled {
  readonly store: Store
  readonly population: Population
  /** Runs while the store waits for its server. */
  readonly waiting: Stopwatch
  close(): Promise<void>
}

/** Whoever is done with one item takes the next. */
export async function shareOut<T>(
  items: Generator<T>,
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const worker = async () => {
    for (const item of items) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
