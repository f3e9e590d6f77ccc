import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { LatchstringError } from '../core/errors.ts'
import { retryWhileBusy } from './_sqliteSchema.ts'

/** Opens the file, and creates it and its folders as needed. */
export function openFile(path: string): DatabaseSync {
  const database = connect(path)
  try {
    configure(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function connect(path: string): DatabaseSync {
  try {
    if (!isNoFile(path)) mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    // No busy timeout: SQLite would wait inside the call and stop the event loop. We wait between calls.
    return new DatabaseSync(path, { timeout: 0 })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new LatchstringError(
      'store_unavailable',
      `sqliteStore cannot open "${path}": ${reason}. The process needs to write to the file and to its folder.`,
      { cause },
    )
  }
}

function isNoFile(path: string): boolean {
  return path === ':memory:' || path.startsWith('file:')
}

function configure(database: DatabaseSync): void {
  // Readers do not wait for writers. Two processes that switch at once are locked for a moment.
  retryWhileBusy(database, () => database.exec('PRAGMA journal_mode = WAL'))
  // NORMAL, the usual choice with WAL, may lose the last commits in a power cut: a session whose end was
  // acknowledged would be alive again. On macOS only fullfsync gets past the disk's cache.
  database.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON')
}
