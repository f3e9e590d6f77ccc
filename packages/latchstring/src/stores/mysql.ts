import { LatchstringError } from '../core/errors.ts'
import {
  type Answer,
  type Dialect,
  type Driver,
  garbage,
  KEY_BATCH,
  MAX_ID_BYTES,
  PURGE_BATCH,
  type Query,
  type Run,
  SCHEMA,
  SESSIONS,
  type SqlStore,
  type Statement,
  sqlStore,
  USER_INDEX,
  type Value,
  type Verdict,
} from './sql.ts'

/** What the store uses of a pool of mysql2/promise. */
export interface MysqlPool {
  execute(query: MysqlQuery, values: Value[]): Promise<[unknown, unknown]>
  getConnection(): Promise<MysqlConnection>
}

export interface MysqlConnection {
  execute(query: MysqlQuery, values: Value[]): Promise<[unknown, unknown]>
  release(): void
  destroy(): void
}

export interface MysqlQuery {
  sql: string
  rowsAsArray: boolean
  typeCast: boolean
}

export interface MysqlStore extends SqlStore {}

/**
 * Sessions in MySQL 8 or MariaDB 10.6 or later, through a pool of mysql2/promise, which you create and close.
 * All its connections must lead to the primary server: a replica would show sessions that have ended.
 *
 * Creates the tables `latchstring_sessions` and `latchstring_schema` in the pool's database: at the first use, or
 * when you call `migrate()`.
 *
 * @example
 * const store = mysqlStore(mysql.createPool(process.env.DATABASE_URL))
 * await store.migrate()
 * const auth = createAuth({ store })
 */
export function mysqlStore(pool: MysqlPool): MysqlStore {
  return sqlStore(DIALECT, driverOf(pool))
}

const COLUMNS = '`key`, user_id, version, expires_at, payload'

/**
 * Bytes for what is compared, as no collation can take two for one; text for the payload, so that it can be looked
 * at. No index on expires_at: every touch would have to move an entry in it, and only purge would read it.
 *
 * MySQL commits each of these statements on its own, and a lock by name is known to one server of a cluster only. So
 * each must do no harm when it is run again.
 */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE IF NOT EXISTS ${SCHEMA} (version INT NOT NULL PRIMARY KEY) ENGINE = InnoDB`,
    `CREATE TABLE IF NOT EXISTS ${SESSIONS} (
      \`key\` VARBINARY(${MAX_ID_BYTES}) NOT NULL PRIMARY KEY,
      user_id VARBINARY(${MAX_ID_BYTES}),
      version BIGINT NOT NULL,
      expires_at BIGINT NOT NULL,
      payload LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
      INDEX ${USER_INDEX} (user_id)
    ) ENGINE = InnoDB ROW_FORMAT = DYNAMIC`,
  ],
]

/** The last key of the batch that begins with the given one. */
const PURGE_END: Statement = {
  text: `SELECT max(\`key\`) FROM (
    SELECT \`key\` FROM ${SESSIONS} WHERE \`key\` >= ? ORDER BY \`key\` LIMIT ${PURGE_BATCH}
  ) AS batch`,
}

const PURGE_FIND: Statement = {
  text: `SELECT \`key\` FROM ${SESSIONS} WHERE \`key\` >= ? AND \`key\` <= ? AND expires_at <= ?`,
}

const DIALECT: Dialect = {
  database: 'MySQL',
  migrations: MIGRATIONS,
  findSchemaTable: {
    text: `SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = '${SCHEMA}'`,
  },
  // Neither INSERT IGNORE, which ignores more than a key that is taken, nor ON DUPLICATE KEY UPDATE, which counts
  // 1 for either when the connection counts found rows.
  create: {
    text: `INSERT INTO ${SESSIONS} (user_id, version, expires_at, payload, \`key\`) VALUES (?, ?, ?, ?, ?)`,
  },
  // The version always changes: found rows and changed rows are the same number.
  update: {
    text: `UPDATE ${SESSIONS} SET user_id = ?, version = ?, expires_at = ?, payload = ?
      WHERE \`key\` = ? AND version = ?`,
  },
  list: { text: `SELECT ${COLUMNS} FROM ${SESSIONS} WHERE user_id = ?` },
  keepsNul: true,
  find: (keys) => withKeys(`SELECT ${COLUMNS} FROM ${SESSIONS}`, keys.map(bytesOf), ''),
  remove: (keys) => withKeys(`DELETE FROM ${SESSIONS}`, keys.map(bytesOf), ''),
  purge,
  checkConnection,
  judge,
}

function bytesOf(key: string): Buffer {
  return Buffer.from(key)
}

/** Repeats the last key up to a power of two: of all lengths together a connection prepares a handful of statements. */
function withKeys(begin: string, keys: readonly Buffer[], end: string): Query {
  const size = 2 ** Math.ceil(Math.log2(keys.length))
  const values: Value[] = Array.from({ length: size }, (_, index) => keys[index] ?? keys.at(-1) ?? null)
  return { statement: { text: `${begin} WHERE \`key\` IN (${'?, '.repeat(size - 1)}?)${end}` }, values }
}

const DUPLICATE_KEY = 1062
/** Deadlock; the row changed under a snapshot of MariaDB; the prepared statement has to be prepared again. */
const UNDONE: readonly unknown[] = [1213, 1020, 1615]

function judge(error: unknown): Verdict {
  const errno = error instanceof Error && 'errno' in error ? error.errno : undefined
  if (errno === DUPLICATE_KEY) return 'taken'
  return UNDONE.includes(errno) ? 'again' : 'failed'
}

/**
 * Walks the primary key. Expired rows are looked for without locks and then deleted by their keys: a DELETE by range
 * would lock every row that it passes, and the gaps between them, until it is done.
 */
async function* purge(run: Run, now: number): AsyncGenerator<number> {
  let start = Buffer.alloc(0)
  for (;;) {
    const end = await run(PURGE_END, [start])
    const last = end.rows[0]?.[0]
    if (last === null) return
    if (!Buffer.isBuffer(last)) throw garbage()
    const expired = await run(PURGE_FIND, [start, last, now])
    yield* removeExpired(run, expired.rows.flat().filter(Buffer.isBuffer), now)
    start = successorOf(last)
  }
}

/** The least key above this one. */
function successorOf(key: Buffer): Buffer<ArrayBuffer> {
  return Buffer.concat([key, Buffer.alloc(1)])
}

async function* removeExpired(run: Run, keys: readonly Buffer[], now: number): AsyncGenerator<number> {
  for (let start = 0; start < keys.length; start += KEY_BATCH) {
    const batch = keys.slice(start, start + KEY_BATCH)
    const { statement, values } = withKeys(`DELETE FROM ${SESSIONS}`, batch, ' AND expires_at <= ?')
    yield (await run(statement, [...values, now])).count
  }
}

/** Without autocommit a change that was acknowledged would be undone when its connection closes. */
async function checkConnection(run: Run): Promise<void> {
  const text =
    'SELECT @@autocommit, @@character_set_client, @@character_set_connection, @@character_set_results'
  const { rows } = await run({ text }, [])
  const [autocommit, ...charsets] = rows[0] ?? []
  if (Number(autocommit) === 1 && charsets.every((charset) => charset === 'utf8mb4')) return
  throw new LatchstringError(
    'invalid_option',
    'mysqlStore needs connections with autocommit on and the character set utf8mb4, which are the defaults: ' +
      `these have autocommit ${autocommit} and ${charsets.join(', ')}.`,
  )
}

function driverOf(pool: MysqlPool): Driver {
  if (typeof pool !== 'object' || pool === null || !('execute' in pool && 'getConnection' in pool))
    throw noPool()
  // The pool of callbacks has the same methods, and this one.
  if ('promise' in pool) throw noPool()
  return { run: runOn(pool), exclusively: (work) => exclusively(pool, work) }
}

function noPool(): LatchstringError {
  return new LatchstringError(
    'invalid_option',
    'mysqlStore takes a pool of mysql2/promise. Of a pool of mysql2 pass pool.promise().',
  )
}

function runOn(connection: MysqlPool | MysqlConnection): Run {
  return async ({ text }, values): Promise<Answer> => {
    // Whatever the application has set for its own queries.
    const [result] = await connection.execute({ sql: text, rowsAsArray: true, typeCast: true }, values)
    return Array.isArray(result) ? { rows: result, count: 0 } : { rows: [], count: affectedRowsOf(result) }
  }
}

function affectedRowsOf(result: unknown): number {
  const isHeader = typeof result === 'object' && result !== null && 'affectedRows' in result
  return isHeader && typeof result.affectedRows === 'number' ? result.affectedRows : 0
}

const LOCK_SECONDS = 60

async function exclusively(pool: MysqlPool, work: (run: Run) => Promise<void>): Promise<void> {
  const connection = await pool.getConnection()
  try {
    const run = runOn(connection)
    await lock(run)
    await work(run)
    await run({ text: `DO RELEASE_LOCK('${SCHEMA}')` }, [])
    connection.release()
  } catch (error) {
    // Closing the connection frees the lock.
    connection.destroy()
    throw error
  }
}

async function lock(run: Run): Promise<void> {
  const { rows } = await run({ text: `SELECT GET_LOCK('${SCHEMA}', ${LOCK_SECONDS})` }, [])
  if (Number(rows[0]?.[0]) === 1) return
  throw new LatchstringError(
    'store_unavailable',
    `Another process has been migrating latchstring's tables for ${LOCK_SECONDS} s. Look for the lock ` +
      `'${SCHEMA}' in MySQL.`,
  )
}
