import { judge, type MysqlPool, mysqlDriver } from './_mysqlDriver.ts'
import type { Query, Run, Statement, Value } from './_sqlDriver.ts'
import { garbage } from './_sqlErrors.ts'
import { SCHEMA, SESSIONS, sessionsSchema, USER_INDEX } from './_sqlSessions.ts'
import { MAX_ID_BYTES } from './_sqlValues.ts'
import { type Dialect, KEY_BATCH, PURGE_BATCH, type SqlStore, sqlStore } from './sql.ts'

export type { MysqlConnection, MysqlPool, MysqlQuery } from './_mysqlDriver.ts'

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
  return sqlStore(DIALECT, mysqlDriver(pool, 'mysqlStore'))
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
  schema: sessionsSchema(MIGRATIONS),
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
    if (!Buffer.isBuffer(last)) throw garbage(SESSIONS)
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
