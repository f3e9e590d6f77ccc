import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { LatchstringError } from '../core/errors.ts'
import { type Handle, whenFree } from './_sqliteBusy.ts'
import { migrate, retryWhileBusy, type SqliteSchema } from './_sqliteMigrate.ts'
import { openFile } from './_sqliteOpen.ts'
import { createWriter, type Writer } from './_sqliteWriter.ts'

/** What one part of this package does with a database. */
export interface Part<Statements> {
  /** The function of ours that the database is given to. */
  readonly taker: Handle['taker']
  readonly schema: SqliteSchema
  readonly prepareAll: (database: DatabaseSync) => Statements
}

/** The way from that part to its tables, which are up to date. */
export interface SqliteAccess<Statements> {
  readonly sql: Statements
  /** Runs a query that changes nothing: at once, unless the database is locked. */
  readonly read: <T>(query: () => T) => T | Promise<T>
  readonly write: Writer
  /** Closes the database if it was opened here. */
  readonly close: () => void
}

export function accessTo<Statements>(
  pathOrDatabase: string | DatabaseSync,
  part: Part<Statements>,
): SqliteAccess<Statements> {
  return typeof pathOrDatabase === 'string'
    ? accessToFile(pathOrDatabase, part)
    : shared(pathOrDatabase, part)
}

function shared<Statements>(database: DatabaseSync, part: Part<Statements>): SqliteAccess<Statements> {
  const { taker } = part
  if (!(database instanceof DatabaseSync)) throw wrong(taker, 'a path or a DatabaseSync of node:sqlite')
  if (!database.isOpen) throw wrong(taker, 'a database that is open')
  if (database.isTransaction) throw wrong(taker, 'a database without an open transaction')
  return accessBy({ database, taker }, part, () => {})
}

function accessToFile<Statements>(path: string, part: Part<Statements>): SqliteAccess<Statements> {
  if (path === '') throw wrong(part.taker, 'the path of a file, or ":memory:"')
  const handle = openFile(path, part.taker)
  const close = () => {
    if (handle.database.isOpen) handle.database.close()
  }
  try {
    return accessBy(handle, part, close)
  } catch (error) {
    close()
    throw error
  }
}

function accessBy<Statements>(
  handle: Handle,
  { schema, prepareAll }: Part<Statements>,
  close: () => void,
): SqliteAccess<Statements> {
  migrate(handle, schema)
  return {
    sql: retryWhileBusy(handle, () => prepareAll(handle.database)),
    read: (query) => whenFree(handle, query),
    write: createWriter(handle),
    close,
  }
}

/** A database handed in may have other defaults for what rows look like. */
export function prepare(database: DatabaseSync, sql: string): StatementSync {
  const statement = database.prepare(sql)
  statement.setReturnArrays(false)
  statement.setReadBigInts(false)
  return statement
}

function wrong(taker: string, wanted: string): LatchstringError {
  return new LatchstringError('invalid_option', `${taker} takes ${wanted}.`)
}
