import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { LatchstringError } from '../core/errors.ts'
import type { Row, Store } from '../core/types.ts'
import { whenFree } from './_sqliteBusy.ts'
import { openFile } from './_sqliteOpen.ts'
import { migrate, retryWhileBusy } from './_sqliteSchema.ts'
import { createCheck } from './_sqliteText.ts'
import { createWriter, type Writer } from './_sqliteWriter.ts'
import { garbage, PURGE_BATCH, SESSIONS } from './sql.ts'

export interface SqliteStore extends Store {
  /** Closes the database if the store opened it itself. Calls that come later are rejected. */
  close(): void
}

/**
 * Sessions in a SQLite file, with what Node brings along. Several processes of one machine may share the file;
 * it must be on a local disk.
 *
 * Missing folders are created, readable by the owner only. A change is acknowledged when it is on the disk: a
 * power cut does not bring an ended session back.
 *
 * A `DatabaseSync` handed in keeps all its settings: the store only creates its tables, `latchstring_sessions` and
 * `latchstring_schema`. Set `PRAGMA journal_mode = WAL` and `PRAGMA synchronous = FULL` yourself to have what a path
 * gets, and a short `timeout`, as SQLite's own waiting stops the event loop. While a transaction of yours stays open
 * on it, the store's calls wait, and fail after about a second: they must be neither rolled back with it nor see its
 * old snapshot.
 *
 * @example
 * const auth = createAuth({ store: sqliteStore('data/app.db') })
 */
export function sqliteStore(pathOrDatabase: string | DatabaseSync): SqliteStore {
  if (typeof pathOrDatabase === 'string') return ownStore(pathOrDatabase)
  if (!(pathOrDatabase instanceof DatabaseSync))
    throw wrongDatabase('a path or a DatabaseSync of node:sqlite')
  if (!pathOrDatabase.isOpen) throw wrongDatabase('a database that is open')
  if (pathOrDatabase.isTransaction) throw wrongDatabase('a database without an open transaction')
  migrate(pathOrDatabase)
  return storeOn(pathOrDatabase, () => {})
}

function ownStore(path: string): SqliteStore {
  if (path === '') throw wrongDatabase('the path of a file, or ":memory:"')
  const database = openFile(path)
  const close = () => {
    if (database.isOpen) database.close()
  }
  try {
    migrate(database)
    return storeOn(database, close)
  } catch (error) {
    close()
    throw error
  }
}

function storeOn(database: DatabaseSync, close: () => void): SqliteStore {
  const sql = retryWhileBusy(database, () => prepareAll(database))
  const write = createWriter(database)
  const check = createCheck(database)
  return {
    read: (key) => whenFree(database, () => read(sql, key)),
    write: async (row) => {
      check(row)
      return write(() => compareAndSwap(sql, row))
    },
    remove: async (keys) => {
      const storable = keys.filter((key) => key.isWellFormed())
      return storable.length === 0 ? 0 : write(() => remove(sql, storable))
    },
    list: (userId) => whenFree(database, () => list(sql, userId)),
    purge: (now) => purge(sql, write, now),
    close,
  }
}

type Statements = ReturnType<typeof prepareAll>

function prepareAll(database: DatabaseSync) {
  const columns = 'key, user_id AS userId, version, expires_at AS expiresAt, payload'
  return {
    read: prepare(database, `SELECT ${columns} FROM ${SESSIONS} WHERE key = ?`),
    // Insert-only: a key that is taken is never written over.
    create: prepare(
      database,
      `INSERT INTO ${SESSIONS} (user_id, version, expires_at, payload, key) VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`,
    ),
    // Update-only: a row that is gone stays gone.
    update: prepare(
      database,
      `UPDATE ${SESSIONS} SET user_id = ?, version = ?, expires_at = ?, payload = ? WHERE key = ? AND version = ?`,
    ),
    remove: prepare(database, `DELETE FROM ${SESSIONS} WHERE key = ?`),
    list: prepare(database, `SELECT ${columns} FROM ${SESSIONS} WHERE user_id = ?`),
    batchEnd: prepare(
      database,
      `SELECT max(rowid) AS "end" FROM (SELECT rowid FROM ${SESSIONS} WHERE rowid > ? ORDER BY rowid LIMIT ?)`,
    ),
    purge: prepare(database, `DELETE FROM ${SESSIONS} WHERE rowid > ? AND rowid <= ? AND expires_at <= ?`),
  }
}

/** A database handed in may have other defaults for what rows look like. */
function prepare(database: DatabaseSync, sql: string): StatementSync {
  const statement = database.prepare(sql)
  statement.setReturnArrays(false)
  statement.setReadBigInts(false)
  return statement
}

function read(sql: Statements, key: string): Row | null {
  // SQLite would look for another key: each lone surrogate becomes U+FFFD on the way in.
  if (!key.isWellFormed()) return null
  const found = sql.read.get(key)
  return found === undefined ? null : rowOf(found)
}

function compareAndSwap(sql: Statements, row: Row): boolean {
  const { key, userId, version, expiresAt, payload } = row
  const { changes } =
    version === 1
      ? sql.create.run(userId, version, expiresAt, payload, key)
      : sql.update.run(userId, version, expiresAt, payload, key, version - 1)
  return changes === 1
}

function remove(sql: Statements, keys: readonly string[]): number {
  let removed = 0
  for (const key of keys) removed += Number(sql.remove.run(key).changes)
  return removed
}

function list(sql: Statements, userId: string): Row[] {
  return userId.isWellFormed() ? sql.list.all(userId).map(rowOf) : []
}

/** Walks the table in the order it lies in the file, as nothing is sorted by expiry. */
async function purge(sql: Statements, write: Writer, now: number): Promise<number> {
  let removed = 0
  let after: number | null = 0
  while (after !== null) {
    const from: number = after
    const batch = await write(() => purgeBatch(sql, from, now))
    removed += batch.removed
    after = batch.end
  }
  return removed
}

function purgeBatch(sql: Statements, after: number, now: number): { end: number | null; removed: number } {
  const { end } = sql.batchEnd.get(after, PURGE_BATCH) ?? {}
  if (typeof end !== 'number') return { end: null, removed: 0 }
  return { end, removed: Number(sql.purge.run(after, end, now).changes) }
}

function rowOf(found: Record<string, SQLOutputValue>): Row {
  const { key, userId, version, expiresAt, payload } = found
  if (typeof key !== 'string' || typeof payload !== 'string') throw garbage()
  if (typeof version !== 'number' || typeof expiresAt !== 'number') throw garbage()
  if (userId !== null && typeof userId !== 'string') throw garbage()
  return { key, userId, version, expiresAt, payload }
}

function wrongDatabase(wanted: string): LatchstringError {
  return new LatchstringError('invalid_option', `sqliteStore takes ${wanted}.`)
}
