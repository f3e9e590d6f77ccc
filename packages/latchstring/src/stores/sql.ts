import { setTimeout as sleep } from 'node:timers/promises'
import { LatchstringError } from '../core/errors.ts'
import type { Row, Store } from '../core/types.ts'
import { COALESCE_LIMITS, coalesce } from './_coalesce.ts'

export const SESSIONS = 'latchstring_sessions'
export const USER_INDEX = 'latchstring_sessions_user'
/** One row for each migration that was made, by its version. */
export const SCHEMA = 'latchstring_schema'

/** The most bytes of a key or user id: what an index of MySQL, and of PostgreSQL, surely takes. */
export const MAX_ID_BYTES = 1_024
/** The most keys in one statement. */
export const KEY_BATCH: number = COALESCE_LIMITS.keys
/** About how many rows one statement of a purge looks at, which bounds what it deletes and for how long it locks. */
export const PURGE_BATCH = 1_000

/** How often a statement is run that the database undid because of others. The pauses add up to a quarter second. */
const MAX_TRIES = 8

export type Value = string | number | Buffer | null

export interface Statement {
  /** Statements with a name are prepared once on each connection. */
  readonly name?: string
  readonly text: string
}

export interface Query {
  readonly statement: Statement
  readonly values: Value[]
}

export interface Answer {
  readonly rows: readonly (readonly unknown[])[]
  /** How many rows were inserted, updated or deleted. */
  readonly count: number
}

export type Run = (statement: Statement, values: Value[]) => Promise<Answer>

/** What an error of the database means to the statement: to be run again, a key that is taken, or a failure. */
export type Verdict = 'again' | 'taken' | 'failed'

/** What one database says differently from another. */
export interface Dialect {
  /** The name for error messages. */
  readonly database: string
  /**
   * What turns version n into n + 1, as lists of statements. Only additive: while a new release is rolled out,
   * processes of the old one keep working on the same tables. Never edit an entry that was published.
   */
  readonly migrations: readonly (readonly string[])[]
  /** Answers with a row if the table {@link SCHEMA} is there. */
  readonly findSchemaTable: Statement
  /** Takes user_id, version, expires_at, payload, key. Insert-only: a key that is taken is never written over. */
  readonly create: Statement
  /** Takes the same and the version before. Update-only: a row that is gone stays gone. */
  readonly update: Statement
  /** Takes user_id. Rows are answered as key, user_id, version, expires_at, payload. */
  readonly list: Statement
  readonly keepsNul: boolean
  readonly find: (keys: readonly string[]) => Query
  readonly remove: (keys: readonly string[]) => Query
  /** Removes what has expired, one batch after the other, and yields how many rows each removed. */
  readonly purge: (run: Run, now: number) => AsyncIterable<number>
  /** Rejects when the connections are set up so that the store could not keep its promises. */
  readonly checkConnection: (run: Run) => Promise<void>
  readonly judge: (error: unknown) => Verdict
}

/** How statements reach the database. */
export interface Driver {
  /** Each statement is a transaction of its own. */
  readonly run: Run
  /** Runs `work` on one connection while no other process runs such work. */
  readonly exclusively: (work: (run: Run) => Promise<void>) => Promise<void>
}

export interface SqlStore extends Store {
  /**
   * Creates or migrates the tables, whichever of several processes comes first; nothing when they are up to date.
   * The first call to the store does it by itself, so calling it at start-up is to fail early. After a failure
   * the next call tries again.
   */
  migrate(): Promise<void>
}

export function sqlStore(dialect: Dialect, driver: Driver): SqlStore {
  return new ServerStore(dialect, driver)
}

class ServerStore implements SqlStore {
  readonly #dialect: Dialect
  readonly #driver: Driver
  readonly #readOne: (key: string) => Promise<Row | null>
  #isMigrated = false
  #migration: Promise<void> | null = null

  constructor(dialect: Dialect, driver: Driver) {
    this.#dialect = dialect
    this.#driver = driver
    this.#readOne = coalesce((keys) => this.#readMany(keys))
  }

  async read(key: string): Promise<Row | null> {
    return isStorableId(key) ? this.#readOne(key) : null
  }

  async write(row: Row): Promise<boolean> {
    checkRow(row, this.#dialect)
    const { key, userId, version, expiresAt, payload } = row
    const owner = userId === null ? null : Buffer.from(userId)
    const values = [owner, version, expiresAt, payload, Buffer.from(key)]
    const { create, update } = this.#dialect
    const answer = version === 1 ? this.#ask(create, values) : this.#ask(update, [...values, version - 1])
    return (await answer).count === 1
  }

  async remove(keys: readonly string[]): Promise<number> {
    const storable = [...new Set(keys)].filter(isStorableId)
    let removed = 0
    for (let start = 0; start < storable.length; start += KEY_BATCH) {
      const { statement, values } = this.#dialect.remove(storable.slice(start, start + KEY_BATCH))
      removed += (await this.#ask(statement, values)).count
    }
    return removed
  }

  async list(userId: string): Promise<Row[]> {
    if (!isStorableId(userId)) return []
    const { rows } = await this.#ask(this.#dialect.list, [Buffer.from(userId)])
    return rows.map(rowOf)
  }

  async purge(now: number): Promise<number> {
    let removed = 0
    const run: Run = (statement, values) => this.#ask(statement, values)
    for await (const count of this.#dialect.purge(run, now)) removed += count
    return removed
  }

  migrate(): Promise<void> {
    this.#migration ??= this.#migrateNow()
    return this.#migration
  }

  async #migrateNow(): Promise<void> {
    try {
      await this.#dialect.checkConnection(this.#driver.run)
      await migrate(this.#dialect, this.#driver)
      this.#isMigrated = true
    } catch (error) {
      this.#migration = null
      throw failure(this.#dialect.database, error)
    }
  }

  async #readMany(keys: readonly string[]): Promise<Map<string, Row>> {
    const { statement, values } = this.#dialect.find(keys)
    const { rows } = await this.#ask(statement, values)
    return new Map(rows.map(rowOf).map((row) => [row.key, row]))
  }

  async #ask(statement: Statement, values: Value[]): Promise<Answer> {
    if (!this.#isMigrated) await this.migrate()
    try {
      return await this.#insist(statement, values)
    } catch (error) {
      throw failure(this.#dialect.database, error)
    }
  }

  /** A statement that the database undid because of others, such as the victim of a deadlock, is run again. */
  async #insist(statement: Statement, values: Value[]): Promise<Answer> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#driver.run(statement, values)
      } catch (error) {
        const verdict = this.#dialect.judge(error)
        if (verdict === 'taken') return { rows: [], count: 0 }
        if (verdict === 'failed' || tries === MAX_TRIES) throw error
      }
      await sleep(2 ** tries)
    }
  }
}

async function migrate(dialect: Dialect, { run, exclusively }: Driver): Promise<void> {
  // Without a lock, and without the right to change tables, when there is nothing to do.
  if (stepsAfter(await schemaVersion(dialect, run), dialect.migrations).length === 0) return
  await exclusively(async (run) => {
    const found = await schemaVersion(dialect, run)
    for (const [index, step] of stepsAfter(found, dialect.migrations).entries()) {
      for (const text of step) await run({ text }, [])
      await run({ text: `INSERT INTO ${SCHEMA} (version) VALUES (${found + index + 1})` }, [])
    }
  })
}

/** 0 for a new database. */
async function schemaVersion({ findSchemaTable }: Dialect, run: Run): Promise<number> {
  const table = await run(findSchemaTable, [])
  if (table.rows.length === 0) return 0
  const { rows } = await run({ text: `SELECT max(version) FROM ${SCHEMA}` }, [])
  return Number(rows[0]?.[0] ?? 0)
}

/** The steps that a database of version `found` lacks. Refuses a database that is ahead of this release. */
export function stepsAfter<T>(found: number, migrations: readonly T[]): readonly T[] {
  if (found <= migrations.length) return migrations.slice(found)
  throw new LatchstringError(
    'store_schema',
    `The database has version ${found} of latchstring's tables; this release of latchstring knows up to ` +
      `${migrations.length}. A newer release has migrated it: run that release or a later one, or give this one ` +
      'a database of its own.',
  )
}

/** Throws when the database would refuse the row with a message of its own, or hand it back changed. */
function checkRow(row: Row, { database, keepsNul }: Dialect): void {
  checkNumbers(row)
  const { key, userId, payload } = row
  if (!isStorableId(key) || !isStorableId(userId ?? '')) throw badId(database)
  if (!payload.isWellFormed() || (!keepsNul && payload.includes('\0'))) throw badPayload(database, keepsNul)
}

export function checkNumbers({ version, expiresAt }: Row): void {
  if (Number.isSafeInteger(version) && Number.isSafeInteger(expiresAt)) return
  throw new LatchstringError('invalid_argument', 'The version and expiresAt of a row must be whole numbers.')
}

/**
 * UTF-8 would make U+FFFD of a lone surrogate and so another key of it. The length is ours to check: MySQL cuts
 * what is too long unless its strict mode is on.
 */
function isStorableId(id: string): boolean {
  return id.isWellFormed() && Buffer.byteLength(id) <= MAX_ID_BYTES
}

function badId(database: string): LatchstringError {
  return new LatchstringError(
    'invalid_argument',
    `The key and userId of a row must be well-formed Unicode of at most ${MAX_ID_BYTES} bytes in UTF-8 ` +
      `to be stored in ${database}.`,
  )
}

function badPayload(database: string, keepsNul: boolean): LatchstringError {
  const nul = keepsNul ? '' : ' without NUL characters'
  return new LatchstringError(
    'invalid_argument',
    `The payload of a row must be well-formed Unicode${nul} to be stored in ${database}.`,
  )
}

/** From the columns in the order of {@link Dialect.list}, whatever types the driver gives them. */
function rowOf([key, userId, version, expiresAt, payload]: readonly unknown[]): Row {
  return {
    key: textOf(key),
    userId: userId === null ? null : textOf(userId),
    version: integerOf(version),
    expiresAt: integerOf(expiresAt),
    payload: textOf(payload),
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (Buffer.isBuffer(value)) return value.toString()
  throw garbage()
}

/** Drivers give a bigint column as text, as a number or as a bigint. */
export function integerOf(value: unknown): number {
  const number = typeof value === 'string' || typeof value === 'bigint' ? Number(value) : value
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number
  throw garbage()
}

export function garbage(): LatchstringError {
  return new LatchstringError(
    'store_unavailable',
    `The table ${SESSIONS} holds a row that this store did not write. Its definition was changed.`,
  )
}

function failure(database: string, cause: unknown): LatchstringError {
  if (cause instanceof LatchstringError) return cause
  return new LatchstringError('store_unavailable', `${database} failed: ${reasonOf(cause)}`, { cause })
}

/** An AggregateError of several addresses that were tried has no message, only a code. */
function reasonOf(cause: unknown): string {
  return cause instanceof Error && cause.message !== '' ? cause.message : String(codeOf(cause) ?? cause)
}

/** The code by which a driver names an error. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
