import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SettingError } from './settings.ts'

const SCHEMA = `
  create table if not exists users (
    id            integer primary key autoincrement, -- an id is never used again, so that no old session meets a new user
    email         text not null,
    email_key     text not null unique,
    username      text,
    username_key  text unique,
    password_hash text not null,
    created_at    integer not null
  ) strict
`

/**
 * Opens the database and makes what is missing in it.
 * @throws SettingError if there can be no database at that path.
 */
export function openDatabase(path: string): DatabaseSync {
  const database = openFile('DATABASE_URL', path)
  database.exec(SCHEMA)
  return database
}

/** Opens a database file, and makes its folder. Readers and one writer do not wait for each other. */
export function openFile(setting: string, path: string): DatabaseSync {
  try {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const database = new DatabaseSync(path, { timeout: 1_000 })
    database.exec('pragma journal_mode = wal; pragma synchronous = full')
    return database
  } catch (cause) {
    throw new SettingError(`${setting} names a file that cannot be opened as a SQLite database`, { cause })
  }
}
