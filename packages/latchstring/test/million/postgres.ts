import { Pool } from 'pg'
import { type PgPool, postgresStore } from '../../src/stores/postgres.ts'
import { createDatabase } from '../servers.ts'
import { type Filled, shareOut } from './fill.ts'
import { Stopwatch } from './measure.ts'
import { createPopulation, type Population, rowsOf, type UserRow } from './population.ts'

export interface FilledPostgres extends Filled {
  /** Has one connection. */
  readonly pool: Pool
}

export async function fillPostgres(seed: string, size: number): Promise<FilledPostgres> {
  const { url, drop } = await createDatabase('postgres')
  const pool = new Pool({ connectionString: url, max: 1 })
  const close = () => pool.end().then(drop)
  const waiting = new Stopwatch()
  const store = postgresStore(timedPool(pool, waiting))
  const population = await createPopulation(seed, size)
  await store.migrate()
  await insertAll(pool, population)
  return { store, population, waiting, pool, close }
}

function timedPool(pool: PgPool, stopwatch: Stopwatch): PgPool {
  return {
    query: (query) => stopwatch.time(() => pool.query(query)),
    connect: () => pool.connect(),
    on: (event, listener) => pool.on(event, listener),
    listenerCount: (event) => pool.listenerCount(event),
  }
}

const ROWS_OF_A_STATEMENT = 2_000
/** While the server stores one lot, the next is made. */
const STATEMENTS_AT_ONCE = 2

/** What the store writes, only many rows at a time. */
const INSERT = `INSERT INTO latchstring_sessions (key, user_id, version, expires_at, payload)
  SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[], $5::text[])`

async function insertAll(pool: Pool, population: Population): Promise<void> {
  await shareOut(batchesOf(rowsOf(population)), STATEMENTS_AT_ONCE, async (rows) => {
    await pool.query(INSERT, columnsOf(rows))
  })
  // As autovacuum would, but not in the midst of the measurement.
  await pool.query('VACUUM (ANALYZE) latchstring_sessions')
}

function* batchesOf(rows: Iterable<UserRow>): Generator<UserRow[]> {
  let batch: UserRow[] = []
  for (const row of rows) {
    batch.push(row)
    if (batch.length < ROWS_OF_A_STATEMENT) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

function columnsOf(rows: readonly UserRow[]): unknown[][] {
  return [
    rows.map(({ key }) => Buffer.from(key)),
    rows.map(({ userId }) => Buffer.from(userId)),
    rows.map(({ version }) => version),
    rows.map(({ expiresAt }) => expiresAt),
    rows.map(({ payload }) => payload),
  ]
}
