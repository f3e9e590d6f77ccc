import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Row } from '../../src/core/types.ts'
import { fakeClock } from '../../src/testing/clock.ts'
import { SeededRandom } from '../history/random.ts'
import { createNode } from '../support.ts'
import type { Filled } from './fill.ts'
import { type LookUp, permittedGrowth, quantile, timesOf } from './measure.ts'
import {
  countEndingFirst,
  FIRST_EXPIRY,
  LOGGED_IN_AT,
  type Population,
  rowAt,
  sessionsOf,
  type UserRow,
} from './population.ts'

const SAMPLES = 20
const ROUNDS = 5_000

/** The most rows that one batch of a purge looks at. */
const PURGE_BATCH = 2_000
/** In milliseconds: whoever has to wait for a batch is still answered within the engine's deadline. */
const LONGEST_BATCH = 500

/** What fewer sessions take more of each, as pages and tables are never quite full. */
const SLACK = 1.25

/** Some rows of a population, the same in every run with its seed. */
export function sampleOf(population: Population): UserRow[] {
  const random = new SeededRandom(population.seed)
  return Array.from({ length: SAMPLES }, () => rowAt(population, random.below(population.size)))
}

export async function areFound({ store, population }: Filled): Promise<void> {
  const { sessions } = createNode({ store, clock: fakeClock(LOGGED_IN_AT) })
  for (const row of sampleOf(population)) {
    assert.deepEqual(await store.read(row.key), row)
    const ofUser = sessionsOf(population, row.userId)
    assert.deepEqual(byKey(await store.list(row.userId)), byKey(ofUser))
    assert.equal((await sessions.list(row.userId)).length, ofUser.length)
  }
}

function byKey(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

export const read: LookUp = async ({ store }, row) => store.read(row.key)
export const list: LookUp = ({ store }, row) => store.list(row.userId)

export async function growSlowly(t: TestContext, stores: readonly Filled[]): Promise<void> {
  const sizes = stores.map(({ population }) => population.size)
  for (const [name, lookUp] of Object.entries({ read, list })) {
    const laps = await timesOf(stores, lookUp, ROUNDS)
    for (const percent of [50, 99]) {
      const times = laps.map((ofStore) => quantile(ofStore, percent / 100))
      const growth = lastOf(times) / firstOf(times)
      const text = `${name}, ${percent} % within: ${times.map(short).join(', ')} ms, ${short(growth)} times`
      t.diagnostic(text)
      assert.ok(growth <= permittedGrowth(firstOf(sizes), lastOf(sizes)), text)
    }
  }
}

function firstOf(numbers: readonly number[]): number {
  return numbers.at(0) ?? Number.NaN
}

function lastOf(numbers: readonly number[]): number {
  return numbers.at(-1) ?? Number.NaN
}

/** Three digits that count. */
function short(value: number): string {
  return String(Number(value.toPrecision(3)))
}

/** How many bytes the server needs, by what for. */
export type Bytes = Readonly<Record<string, number>>

export async function areAsLarge<T extends Filled>(
  t: TestContext,
  stores: readonly T[],
  bytesOf: (filled: T) => Promise<Bytes>,
): Promise<void> {
  const sums: number[] = []
  for (const filled of stores) {
    const { size } = filled.population
    const bytes = Object.entries(await bytesOf(filled)).map(([what, all]) => ({ what, each: all / size }))
    t.diagnostic(
      `${size}, bytes for each: ${bytes.map(({ what, each }) => `${what} ${short(each)}`).join(', ')}`,
    )
    sums.push(sumOf(bytes.map(({ each }) => each)))
  }
  assert.ok(lastOf(sums) <= SLACK * firstOf(sums), `${sums}`)
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}

export async function arePurged(t: TestContext, { store, population, waiting }: Filled): Promise<void> {
  const { size } = population
  const batches = await waiting.during(async () => {
    assert.equal(await store.purge(FIRST_EXPIRY), countEndingFirst(population))
  })
  const longest = Math.max(...batches)
  const text = `${size}: ${batches.length} batches in ${short(sumOf(batches) / 1_000)} s, the longest took ${short(longest)} ms`
  t.diagnostic(`${text}, half of them ${short(quantile(batches, 0.5))} ms or less`)
  assert.ok(size / batches.length <= PURGE_BATCH && longest <= LONGEST_BATCH, text)
}
