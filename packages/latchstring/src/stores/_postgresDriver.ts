import { LatchstringError } from '../core/errors.ts'
import type { Answer, Driver, Run, Statement, Value } from './_sqlDriver.ts'
import { codeOf } from './_sqlErrors.ts'

/** What is used of a `Pool` of pg. */
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

/** What is used of the `sql` of postgres.js. */
export interface PostgresJs extends PostgresJsTransaction {
  begin(mode: string, work: (transaction: PostgresJsTransaction) => Promise<void>): Promise<unknown>
}

export interface PostgresJsTransaction {
  unsafe(text: string, values: Value[], options: { prepare: boolean }): PostgresJsQuery
}

export interface PostgresJsQuery {
  values(): Promise<readonly (readonly unknown[])[] & { readonly count: number }>
}

/** `taker` is the function of ours that was given the pool, for error messages. */
export function postgresDriver(pool: PgPool | PostgresJs, taker: string): Driver {
  const connection = connectionOf(pool, taker)
  const { run } = connection
  return {
    ...connection,
    database: 'PostgreSQL',
    findTable,
    checkConnection: () => checkConnection(run, taker),
  }
}

/** Serialization failure, of an isolation level above the usual, and deadlock. */
const UNDONE: readonly unknown[] = ['40001', '40P01']

/** Whether the database undid the statement because of others. */
export function wasUndone(error: unknown): boolean {
  return UNDONE.includes(codeOf(error))
}

async function checkConnection(run: Run, taker: string): Promise<void> {
  const { rows } = await run({ text: 'SHOW server_encoding' }, [])
  const encoding = rows[0]?.[0]
  if (encoding === 'UTF8') return
  throw new LatchstringError(
    'invalid_option',
    `${taker} needs a database with the encoding UTF8, this one has ${encoding}: ` +
      "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.",
  )
}

/** Not to_regclass: after the wait for the lock it would answer from a cache that is out of date. */
function findTable(table: string): Statement {
  return {
    text: `SELECT 1 FROM pg_tables WHERE tablename = '${table}' AND schemaname = ANY (current_schemas(false))`,
  }
}

type Connection = Pick<Driver, 'run' | 'exclusively'>

function connectionOf(pool: PgPool | PostgresJs, taker: string): Connection {
  if (typeof pool === 'function' && isPostgresJs(pool)) return connectionOfPostgresJs(pool)
  if (typeof pool === 'object' && pool !== null && isPgPool(pool)) return connectionOfPg(pool)
  throw new LatchstringError('invalid_option', `${taker} takes a Pool of pg or the sql of postgres.js.`)
}

function isPostgresJs(pool: PgPool | PostgresJs): pool is PostgresJs {
  return 'unsafe' in pool && 'begin' in pool
}

/** A single Client would make the store's changes part of the application's transactions. */
function isPgPool(pool: PgPool | PostgresJs): pool is PgPool {
  return 'query' in pool && 'connect' in pool && !('escapeLiteral' in pool)
}

function connectionOfPg(pool: PgPool): Connection {
  // The pool replaces a connection that breaks while idle, but without a listener the event ends the process.
  if (pool.listenerCount('error') === 0) pool.on('error', () => {})
  return {
    run: runOnPg(pool),
    exclusively: async (lock, work) => {
      const client = await pool.connect()
      client.on('error', () => {})
      try {
        await inTransaction(runOnPg(client), lock, work)
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

/** In the default of a database that is set to a stricter level, a start would not see what another one just did. */
const MIGRATION_MODE = 'ISOLATION LEVEL READ COMMITTED READ WRITE'

async function inTransaction(run: Run, lock: string, work: (run: Run) => Promise<void>): Promise<void> {
  await run({ text: `BEGIN ${MIGRATION_MODE}` }, [])
  await run(lockStatement(lock), [])
  await work(run)
  await run({ text: 'COMMIT' }, [])
}

/** Kept to the end of the transaction, on behalf of this database. */
function lockStatement(lock: string): Statement {
  return { text: `SELECT pg_advisory_xact_lock(hashtextextended('${lock}', 0))` }
}

function connectionOfPostgresJs(sql: PostgresJs): Connection {
  return {
    run: runOnPostgresJs(sql),
    exclusively: async (lock, work) => {
      await sql.begin(MIGRATION_MODE, async (transaction) => {
        const run = runOnPostgresJs(transaction)
        await run(lockStatement(lock), [])
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
