import type { Row, Store } from '../core/types.ts'
import { COALESCE_LIMITS, coalesce } from './_coalesce.ts'
import { type PartDialect, SqlAccess } from './_sqlAccess.ts'
import type { Driver, Query, Run, Statement, Value } from './_sqlDriver.ts'
import { checkRow, rowOf } from './_sqlSessions.ts'
import { isStorableId } from './_sqlValues.ts'

export type { Value }

/** The most keys in one statement. */
export const KEY_BATCH: number = COALESCE_LIMITS.keys
/** About how many rows one statement of a purge looks at, which bounds what it deletes and for how long it locks. */
export const PURGE_BATCH = 1_000

/** What one database says differently from another about sessions. */
export interface Dialect extends PartDialect {
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
  readonly #database: string
  readonly #access: SqlAccess
  readonly #readOne: (key: string) => Promise<Row | null>

  constructor(dialect: Dialect, driver: Driver) {
    this.#dialect = dialect
    this.#database = driver.database
    this.#access = new SqlAccess(dialect, driver)
    this.#readOne = coalesce((keys) => this.#readMany(keys))
  }

  read(key: string): Promise<Row | null> {
    return isStorableId(key) ? this.#readOne(key) : Promise.resolve(null)
  }

  async write(row: Row): Promise<boolean> {
    const { keepsNul, create, update } = this.#dialect
    checkRow(row, this.#database, keepsNul)
    const { key, userId, version, expiresAt, payload } = row
    const owner = userId === null ? null : Buffer.from(userId)
    const values = [owner, version, expiresAt, payload, Buffer.from(key)]
    const { count } = await (version === 1
      ? this.#access.ask(create, values)
      : this.#access.ask(update, [...values, version - 1]))
    return count === 1
  }

  async remove(keys: readonly string[]): Promise<number> {
    const storable = [...new Set(keys)].filter(isStorableId)
    let removed = 0
    for (let start = 0; start < storable.length; start += KEY_BATCH) {
      const { statement, values } = this.#dialect.remove(storable.slice(start, start + KEY_BATCH))
      removed += (await this.#access.ask(statement, values)).count
    }
    return removed
  }

  async list(userId: string): Promise<Row[]> {
    if (!isStorableId(userId)) return []
    const { rows } = await this.#access.ask(this.#dialect.list, [Buffer.from(userId)])
    return rows.map(rowOf)
  }

  async purge(now: number): Promise<number> {
    let removed = 0
    const run: Run = (statement, values) => this.#access.ask(statement, values)
    for await (const count of this.#dialect.purge(run, now)) removed += count
    return removed
  }

  migrate(): Promise<void> {
    return this.#access.migrate()
  }

  async #readMany(keys: readonly string[]): Promise<Map<string, Row>> {
    const { statement, values } = this.#dialect.find(keys)
    const { rows } = await this.#access.ask(statement, values)
    return new Map(rows.map(rowOf).map((row) => [row.key, row]))
  }
}
