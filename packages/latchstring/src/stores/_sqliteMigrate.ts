import type { DatabaseSync } from 'node:sqlite'
import { failure, type Handle, isBusy, stayedLocked } from './_sqliteBusy.ts'
import { type Schema, stepsAfter } from './_sqlSchema.ts'

/** Each step is SQL that may hold several statements. */
export type SqliteSchema = Schema<string>

/** Creates or migrates the tables, once, whichever of several processes comes first. */
export function migrate(handle: Handle, schema: SqliteSchema): void {
  const { database } = handle
  retryWhileBusy(handle, () => {
    database.exec('BEGIN IMMEDIATE')
    try {
      bringUpToDate(database, schema)
      database.exec('COMMIT')
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  })
}

function bringUpToDate(database: DatabaseSync, schema: SqliteSchema): void {
  const { table, migrations } = schema
  database.exec(`CREATE TABLE IF NOT EXISTS ${table} (version INTEGER NOT NULL) STRICT`)
  for (const step of stepsAfter(schemaVersion(database, table), schema)) database.exec(step)
  // Written at each start: a file that may only be read shows here, not at the first login.
  database.exec(`DELETE FROM ${table}`)
  database.prepare(`INSERT INTO ${table} (version) VALUES (?)`).run(migrations.length)
}

/** 0 for a new database. */
function schemaVersion(database: DatabaseSync, table: string): number {
  const select = database.prepare(`SELECT max(version) AS version FROM ${table}`)
  select.setReturnArrays(false)
  const { version } = select.get() ?? {}
  return Number(version ?? 0)
}

const START_TRIES = 250
const START_PAUSE = 20

/** Waits for locks at start-up, for about 5 s. Blocking is right here: nothing is served yet. */
export function retryWhileBusy<T>(handle: Handle, work: () => T): T {
  for (let tries = 0; tries < START_TRIES; tries++) {
    try {
      return work()
    } catch (error) {
      if (!isBusy(error)) throw failure(handle, error)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, START_PAUSE)
    }
  }
  throw stayedLocked(handle)
}
