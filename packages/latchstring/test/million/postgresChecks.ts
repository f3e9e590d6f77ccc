import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { type Bytes, list, read, sampleOf } from './checks.ts'
import type { LookUp } from './measure.ts'
import { levelsOf, plansOf } from './plan.ts'
import { SESSIONS_OF_A_USER, type UserRow } from './population.ts'
import type { FilledPostgres } from './postgres.ts'

interface IndexedLookUp {
  readonly lookUp: LookUp
  /** The same, by the statement that the store has prepared. */
  readonly call: (row: UserRow) => string
  readonly index: string
  readonly rows: number
}

export const BY_KEY: IndexedLookUp = {
  lookUp: read,
  call: ({ key }) => `latchstring_find (ARRAY[convert_to('${key}', 'UTF8')])`,
  index: 'latchstring_sessions_pkey',
  rows: 1,
}

export const BY_USER: IndexedLookUp = {
  lookUp: list,
  call: ({ userId }) => `latchstring_list (convert_to('${userId}', 'UTF8'))`,
  index: 'latchstring_sessions_user',
  rows: SESSIONS_OF_A_USER,
}

/** The few pages of a smaller table may be read from end to end sooner than through an index. */
export function isLarge({ population }: FilledPostgres): boolean {
  return population.size >= 1_000
}

export async function takeOneIndexedRead(
  t: TestContext,
  filled: FilledPostgres,
  { lookUp, call, index, rows }: IndexedLookUp,
): Promise<void> {
  const { population, pool, waiting } = filled
  const pages: number[] = []
  for (const row of sampleOf(population)) {
    assert.equal((await waiting.during(() => lookUp(filled, row))).length, 1)
    const plans = await plansOf(pool, call(row))
    for (const { scans } of plans) assert.deepEqual(scans, [index])
    pages.push(...plans.map((plan) => plan.pages))
  }
  const [most, levels] = [Math.max(...pages), levelsOf(population.size)]
  t.diagnostic(`${population.size}: at most ${most} pages`)
  // Entries of one user may go over the edge of a page.
  assert.ok(most <= levels + 1 + rows, `${most} pages for ${rows} rows under ${levels} levels`)
}

/** Compares what lies in the table with what the store puts there for the same row. */
export async function areStoredAlike({ store, pool, population }: FilledPostgres): Promise<void> {
  const text = `SELECT s.*, pg_column_size(s.*) AS bytes FROM latchstring_sessions s WHERE key = $1`
  for (const row of sampleOf(population)) {
    const stored = async () => (await pool.query(text, [Buffer.from(row.key)])).rows
    const filledIn = await stored()
    assert.equal(await store.remove([row.key]), 1)
    assert.equal(await store.write(row), true)
    assert.deepEqual(await stored(), filledIn)
  }
}

export async function bytesInPostgres({ pool }: FilledPostgres): Promise<Bytes> {
  const text = `SELECT pg_table_size('latchstring_sessions') AS table, pg_indexes_size('latchstring_sessions') AS indexes`
  const { rows } = await pool.query<Record<'table' | 'indexes', string>>(text)
  return { table: Number(rows[0]?.table), indexes: Number(rows[0]?.indexes) }
}
