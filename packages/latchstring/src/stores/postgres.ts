import { LatchstringError } from '../core/errors.ts'
import {
  type Answer,
  codeOf,
  type Dialect,
  type Driver,
  integerOf,
  type Query,
  type Run,
  SCHEMA,
  SESSIONS,
  type SqlStore,
  type Statement,
  sqlStore,
  USER_INDEX,
  type Value,
} from './sql.ts'

/** What the store uses of a `Pool` of pg. */
export interface PgPool {
  query(query: PgQuery): Promise<PgResult>
  connect(): Promise<PgClient>
  on(event: 'error', listener: (error: Error) => void): unknown
  listenerCount(event: 'error'): number
}

export interface PgClient {
  query(query: PgQuery): Promise<PgResult>
  release(destroy?: boolean): void
  on(event: 'error', listener: (error: Error) => void): unknown
}

export interface PgQuery {
  readonly name: string | undefined
  readonly text: string
  values: Value[]
  readonly rowMode: 'array'
}

export interface PgResult {
  readonly rows: readonly (readonly unknown[])[]
  readonly rowCount: number | null
}

/** What the store uses of the `sql` of postgres.js. */
export interface PostgresJs extends PostgresJsTransaction {
  begin(mode: string, work: (transaction: PostgresJsTransaction) => Promise<void>): Promise<unknown>
}

export interface PostgresJsTransaction {
  unsafe(text: string, values: Value[], options: { prepare: boolean }): PostgresJsQuery
}

export interface PostgresJsQuery {
  values(): Promise<readonly (readonly unknown[])[] & { readonly count: number }>
}

export interface PostgresStore extends SqlStore {}

/**
 * Sessions in PostgreSQL 14 or later, through a `Pool` of pg or the `sql` of postgres.js, which you create and close.
 * All its connections must lead to the primary server: a replica would show sessions that have ended.
 *
 * Creates the tables `latchstring_sessions` and `latchstring_schema` in the schema that comes first in the search
 * path: at the first use, or when you call `migrate()`.
 *
 * @example
 * const store = postgresStore(new pg.Pool({ connectionString: process.env.DATABASE_URL }))
 * await store.migrate()
 * const auth = createAuth({ store })
 */
export function postgresStore(pool: PgPool | PostgresJs): PostgresStore {
  return sqlStore(DIALECT, driverOf(pool))
}

const COLUMNS = 'key, user_id, version, expires_at, payload'

/**
 * Bytes for what is compared, as no collation and no encoding of the database can touch them; text for the payload,
 * so that it can be looked at.
 *
 * No index on expires_at and room left in each page: an update that changes no indexed column then stays within
 * the page and leaves the indexes alone (HOT), which makes a touch cheap. Only purge would read such an index.
 */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE ${SCHEMA} (version integer PRIMARY KEY)`,
    `CREATE TABLE ${SESSIONS} (
      key bytea PRIMARY KEY,
      user_id bytea,
      version bigint NOT NULL,
      expires_at bigint NOT NULL,
      payload text NOT NULL
    ) WITH (fillfactor = 85)`,
    `CREATE INDEX ${USER_INDEX} ON ${SESSIONS} (user_id) WHERE user_id IS NOT NULL`,
  ],
]

const FIND: Statement = {
  name: 'latchstring_find',
  text: `SELECT ${COLUMNS} FROM ${SESSIONS} WHERE key = ANY ($1::bytea[])`,
}

/** Rows are locked in the order of their keys: of two removals that overlap, one waits for the other. */
const REMOVE: Statement = {
  name: 'latchstring_remove',
  text: `DELETE FROM ${SESSIONS} WHERE key IN (
    SELECT key FROM ${SESSIONS} WHERE key = ANY ($1::bytea[]) ORDER BY key FOR UPDATE
  )`,
}

const COUNT_BLOCKS: Statement = {
  text: `SELECT pg_relation_size('${SESSIONS}') / current_setting('block_size')::bigint`,
}

/** Rows that somebody else has locked are skipped: they are being prolonged or removed right now. */
const PURGE: Statement = {
  name: 'latchstring_purge',
  text: `DELETE FROM ${SESSIONS} WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM ${SESSIONS} WHERE ctid >= $1::tid AND ctid < $2::tid AND expires_at <= $3
    FOR UPDATE SKIP LOCKED
  ))`,
}

/** About 500 rows of a usual size, and no more than 2,000 of the smallest. */
const PURGE_BLOCKS = 16

const DIALECT: Dialect = {
  database: 'PostgreSQL',
  migrations: MIGRATIONS,
  // Not to_regclass: after the wait for the lock it would answer from a cache that is out of date.
  findSchemaTable: {
    text: `SELECT 1 FROM pg_tables WHERE tablename = '${SCHEMA}' AND schemaname = ANY (current_schemas(false))`,
  },
  create: {
    name: 'latchstring_create',
    text: `INSERT INTO ${SESSIONS} (user_id, version, expires_at, payload, key) VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (key) DO NOTHING`,
  },
  update: {
    name: 'latchstring_update',
    text: `UPDATE ${SESSIONS} SET user_id = $1, version = $2, expires_at = $3, payload = $4
      WHERE key = $5 AND version = $6`,
  },
  list: { name: 'latchstring_list', text: `SELECT ${COLUMNS} FROM ${SESSIONS} WHERE user_id = $1` },
  keepsNul: false,
  find: (keys) => withKeys(FIND, keys),
  remove: (keys) => withKeys(REMOVE, keys),
  purge,
  checkConnection,
  judge: (error) => (UNDONE.includes(codeOf(error)) ? 'again' : 'failed'),
}

/** Serialization failure, of an isolation level above the usual, and deadlock. */
const UNDONE: readonly unknown[] = ['40001', '40P01']

/** The keys as one array literal: the drivers differ in how they would write an array of bytes. */
function withKeys(statement: Statement, keys: readonly string[]): Query {
  const items = keys.map((key) => `"\\\\x${Buffer.from(key).toString('hex')}"`)
  return { statement, values: [`{${items.join()}}`] }
}

/** Walks the table as it lies on the disk. Rows that are written meanwhile may move, and wait for the next purge. */
async function* purge(run: Run, now: number): AsyncGenerator<number> {
  const { rows } = await run(COUNT_BLOCKS, [])
  const blocks = integerOf(rows[0]?.[0])
  for (let block = 0; block < blocks; block += PURGE_BLOCKS) {
    const { count } = await run(PURGE, [`(${block},0)`, `(${block + PURGE_BLOCKS},0)`, now])
    yield count
  }
}

async function checkConnection(run: Run): Promise<void> {
  const { rows } = await run({ text: 'SHOW server_encoding' }, [])
  const encoding = rows[0]?.[0]
  if (encoding === 'UTF8') return
  throw new LatchstringError(
    'invalid_option',
    `postgresStore needs a database with the encoding UTF8, this one has ${encoding}: ` +
      "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.",
  )
}

/** In the default of a database that is set to a stricter level, a start would not see what another one just did. */
const MIGRATION_MODE = 'ISOLATION LEVEL READ COMMITTED READ WRITE'
/** Kept to the end of the transaction, on behalf of this database. */
const MIGRATION_LOCK: Statement = { text: `SELECT pg_advisory_xact_lock(hashtextextended('${SCHEMA}', 0))` }

function driverOf(pool: PgPool | PostgresJs): Driver {
  if (typeof pool === 'function' && isPostgresJs(pool)) return driverOfPostgresJs(pool)
  if (typeof pool === 'object' && pool !== null && isPgPool(pool)) return driverOfPg(pool)
  throw new LatchstringError('invalid_option', 'postgresStore takes a Pool of pg or the sql of postgres.js.')
}

function isPostgresJs(pool: PgPool | PostgresJs): pool is PostgresJs {
  return 'unsafe' in pool && 'begin' in pool
}

/** A single Client would make the store's changes part of the application's transactions. */
function isPgPool(pool: PgPool | PostgresJs): pool is PgPool {
  return 'query' in pool && 'connect' in pool && !('escapeLiteral' in pool)
}

function driverOfPg(pool: PgPool): Driver {
  // The pool replaces a connection that breaks while idle, but without a listener the event ends the process.
  if (pool.listenerCount('error') === 0) pool.on('error', () => {})
  return {
    run: runOnPg(pool),
    exclusively: async (work) => {
      const client = await pool.connect()
      client.on('error', () => {})
      try {
        await inTransaction(runOnPg(client), work)
        client.release()
      } catch (error) {
        // Closing the connection undoes its transaction.
        client.release(true)
        throw error
      }
    },
  }
}

function runOnPg(client: PgPool | PgClient): Run {
  return async ({ name, text }, values): Promise<Answer> => {
    const { rows, rowCount } = await client.query({ name, text, values, rowMode: 'array' })
    return { rows, count: rowCount ?? 0 }
  }
}

async function inTransaction(run: Run, work: (run: Run) => Promise<void>): Promise<void> {
  await run({ text: `BEGIN ${MIGRATION_MODE}` }, [])
  await run(MIGRATION_LOCK, [])
  await work(run)
  await run({ text: 'COMMIT' }, [])
}

function driverOfPostgresJs(sql: PostgresJs): Driver {
  return {
    run: runOnPostgresJs(sql),
    exclusively: async (work) => {
      await sql.begin(MIGRATION_MODE, async (transaction) => {
        const run = runOnPostgresJs(transaction)
        await run(MIGRATION_LOCK, [])
        await work(run)
      })
    },
  }
}

function runOnPostgresJs(sql: PostgresJsTransaction): Run {
  return async ({ name, text }, values): Promise<Answer> => {
    const rows = await sql.unsafe(text, values, { prepare: name !== undefined }).values()
    return { rows, count: rows.count }
  }
}
