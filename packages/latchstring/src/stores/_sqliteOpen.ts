import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { LatchstringError } from '../core/errors.ts'
import type { Handle } from './_sqliteBusy.ts'
import { retryWhileBusy } from './_sqliteMigrate.ts'

/** Opens the file, and creates it and its folders as needed. */
export function openFile(path: string, taker: Handle['taker']): Handle {
  const handle = { database: connect(path, taker), taker }
  try {
    configure(handle)
    return handle
  } catch (error) {
    handle.database.close()
    throw error
  }
}

function connect(path: string, taker: string): DatabaseSync {
  try {
    if (!isNoFile(path)) mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    // No busy timeout: SQLite would wait inside the call and stop the event loop. We wait between calls.
    return new DatabaseSync(path, { timeout: 0 })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new LatchstringError(
      'store_unavailable',
      `${taker} cannot open "${path}": ${reason}. The process needs to write to the file and to its folder.`,
      { cause },
    )
  }
}

function isNoFile(path: string): boolean {
  return path === ':memory:' || path.startsWith('file:')
}

function configure(handle: Handle): void {
  const { database } = handle
  // Readers do not wait for writers. Two processes that switch at once are locked for a moment.
  retryWhileBusy(handle, () => database.exec('PRAGMA journal_mode = WAL'))
  // NORMAL, the usual choice with WAL, may lose the last commits in a power cut: a session whose end was
  // acknowledged would be alive again. On macOS only fullfsync gets past the disk's cache.
  database.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON')
}
