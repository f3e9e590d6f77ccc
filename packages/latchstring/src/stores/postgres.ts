import { type PgPool, type PostgresJs, postgresDriver, wasUndone } from './_postgresDriver.ts'
import type { Query, Run, Statement } from './_sqlDriver.ts'
import { SCHEMA, SESSIONS, sessionsSchema, USER_INDEX } from './_sqlSessions.ts'
import { integerOf } from './_sqlValues.ts'
import { type Dialect, type SqlStore, sqlStore } from './sql.ts'

export type {
  PgClient,
  PgPool,
  PgQuery,
  PgResult,
  PostgresJs,
  PostgresJsQuery,
  PostgresJsTransaction,
} from './_postgresDriver.ts'

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
  return sqlStore(DIALECT, postgresDriver(pool, 'postgresStore'))
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
  schema: sessionsSchema(MIGRATIONS),
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
  judge: (error) => (wasUndone(error) ? 'again' : 'failed'),
}

/** The keys as one array literal: the drivers differ in how they would write an array of bytes. */
function withKeys(statement: Statement, keys: readonly string[]): Query {
  return { statement, values: [`{${keys.map(bytesLiteral).join()}}`] }
}

/**
 * What base64url consists of stands for its own bytes in PostgreSQL, and is what all keys of the engine consist of. As
 * hexadecimal digits a key in a batch of 32 took 0.6 of 3.1 microseconds more.
 */
const PLAIN = /^[A-Za-z0-9_-]+$/

function bytesLiteral(key: string): string {
  return PLAIN.test(key) ? `"${key}"` : `"\\\\x${Buffer.from(key).toString('hex')}"`
}

/** Walks the table as it lies on the disk. Rows that are written meanwhile may move, and wait for the next purge. */
async function* purge(run: Run, now: number): AsyncGenerator<number> {
  const { rows } = await run(COUNT_BLOCKS, [])
  const blocks = integerOf(rows[0]?.[0], SESSIONS)
  for (let block = 0; block < blocks; block += PURGE_BLOCKS) {
    const { count } = await run(PURGE, [`(${block},0)`, `(${block + PURGE_BLOCKS},0)`, now])
    yield count
  }
}
