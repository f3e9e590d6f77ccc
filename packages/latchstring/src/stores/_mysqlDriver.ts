import { LatchstringError } from '../core/errors.ts'
import type { Answer, Driver, Run, Statement, Value, Verdict } from './_sqlDriver.ts'

/** What is used of a pool of mysql2/promise. */
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

/** `taker` is the function of ours that was given the pool, for error messages. */
export function mysqlDriver(pool: MysqlPool, taker: string): Driver {
  if (!isPool(pool)) {
    throw new LatchstringError(
      'invalid_option',
      `${taker} takes a pool of mysql2/promise. Of a pool of mysql2 pass pool.promise().`,
    )
  }
  const run = runOn(pool)
  return {
    database: 'MySQL',
    run,
    exclusively: (lock, work) => exclusively(pool, lock, work),
    findTable,
    checkConnection: () => checkConnection(run, taker),
  }
}

function isPool(pool: MysqlPool): boolean {
  if (typeof pool !== 'object' || pool === null) return false
  // The pool of callbacks has the same methods, and one more.
  return 'execute' in pool && 'getConnection' in pool && !('promise' in pool)
}

const DUPLICATE_KEY = 1062
/** Deadlock; the row changed under a snapshot of MariaDB; the prepared statement has to be prepared again. */
const UNDONE: readonly unknown[] = [1213, 1020, 1615]

export function judge(error: unknown): Verdict {
  const errno = error instanceof Error && 'errno' in error ? error.errno : undefined
  if (errno === DUPLICATE_KEY) return 'taken'
  return UNDONE.includes(errno) ? 'again' : 'failed'
}

/** Without autocommit a change that was acknowledged would be undone when its connection closes. */
async function checkConnection(run: Run, taker: string): Promise<void> {
  const text =
    'SELECT @@autocommit, @@character_set_client, @@character_set_connection, @@character_set_results'
  const { rows } = await run({ text }, [])
  const [autocommit, ...charsets] = rows[0] ?? []
  if (Number(autocommit) === 1 && charsets.every((charset) => charset === 'utf8mb4')) return
  throw new LatchstringError(
    'invalid_option',
    `${taker} needs connections with autocommit on and the character set utf8mb4, which are the defaults: ` +
      `these have autocommit ${autocommit} and ${charsets.join(', ')}.`,
  )
}

function findTable(table: string): Statement {
  return {
    text: `SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = '${table}'`,
  }
}

function runOn(connection: MysqlPool | MysqlConnection): Run {
  return async ({ text }, values): Promise<Answer> => {
    // Whatever the application has set for its own queries.
    const [result] = await connection.execute({ sql: text, rowsAsArray: true, typeCast: true }, values)
    return Array.isArray(result) ? { rows: result, count: 0 } : { rows: [], ...changeOf(result) }
  }
}

function changeOf(result: unknown): Pick<Answer, 'count' | 'insertId'> {
  const isHeader = typeof result === 'object' && result !== null && 'affectedRows' in result
  if (!isHeader || typeof result.affectedRows !== 'number') return { count: 0 }
  return { count: result.affectedRows, insertId: 'insertId' in result ? result.insertId : undefined }
}

const LOCK_SECONDS = 60

async function exclusively(pool: MysqlPool, lock: string, work: (run: Run) => Promise<void>): Promise<void> {
  const connection = await pool.getConnection()
  try {
    const run = runOn(connection)
    await acquire(lock, run)
    await work(run)
    await run({ text: `DO RELEASE_LOCK('${lock}')` }, [])
    connection.release()
  } catch (error) {
    // Closing the connection frees the lock.
    connection.destroy()
    throw error
  }
}

async function acquire(lock: string, run: Run): Promise<void> {
  const { rows } = await run({ text: `SELECT GET_LOCK('${lock}', ${LOCK_SECONDS})` }, [])
  if (Number(rows[0]?.[0]) === 1) return
  throw new LatchstringError(
    'store_unavailable',
    `Another process has been migrating latchstring's tables for ${LOCK_SECONDS} s. Look for the lock ` +
      `'${lock}' in MySQL.`,
  )
}
