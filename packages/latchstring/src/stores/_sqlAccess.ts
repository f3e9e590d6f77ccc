import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, Driver, Statement, Value, Verdict } from './_sqlDriver.ts'
import { failure } from './_sqlErrors.ts'
import { migrate, type SqlSchema } from './_sqlMigrate.ts'

/** How often a statement is run that the database undid because of others. The pauses add up to a quarter second. */
const MAX_TRIES = 8

/**
 * Milliseconds after which a call looks at the tables itself, instead of waiting for one that began before: the
 * connection of that one may have fallen silent, and not be given up by the system for a quarter of an hour.
 */
const PATIENCE = 5_000

/** What one database says differently from another about each part of this package. */
export interface PartDialect {
  readonly schema: SqlSchema
  readonly judge: (error: unknown) => Verdict
}

/** Brings statements to tables that are up to date, and fails with nothing but a LatchstringError. */
export class SqlAccess {
  readonly #dialect: PartDialect
  readonly #driver: Driver
  #isMigrated = false
  #migration: Promise<void> | null = null

  constructor(dialect: PartDialect, driver: Driver) {
    this.#dialect = dialect
    this.#driver = driver
  }

  /** Once, and after a failure again. */
  migrate(): Promise<void> {
    this.#migration ??= this.#beginToMigrate()
    return this.#migration
  }

  #beginToMigrate(): Promise<void> {
    const migration = this.#migrateNow()
    const timer = setTimeout(() => this.#forget(migration), PATIENCE)
    timer.unref()
    const done = () => clearTimeout(timer)
    migration.then(done, () => {
      done()
      this.#forget(migration)
    })
    return migration
  }

  #forget(migration: Promise<void>): void {
    if (this.#migration === migration) this.#migration = null
  }

  async #migrateNow(): Promise<void> {
    try {
      await this.#driver.checkConnection()
      await migrate(this.#dialect.schema, this.#driver)
      this.#isMigrated = true
    } catch (error) {
      throw failure(this.#driver.database, error)
    }
  }

  /** A statement that would have given a row a key that another one has is answered as one that changed nothing. */
  async ask(statement: Statement, values: Value[]): Promise<Answer> {
    if (!this.#isMigrated) await this.migrate()
    try {
      return await this.#insist(statement, values)
    } catch (error) {
      throw failure(this.#driver.database, error)
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
