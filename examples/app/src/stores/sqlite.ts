import { sqliteStore } from 'latchstring/stores/sqlite'
import { sqliteUsers } from 'latchstring/users/sqlite'
import type { Database } from './database.ts'

/** A SQLite file. Its folder is made as needed. */
export function openSqlite(path: string): Database {
  const opened: { close(): void }[] = []
  const kept = <Part extends { close(): void }>(part: Part): Part => {
    opened.push(part)
    return part
  }
  return {
    users: async () => kept(sqliteUsers(path)),
    sessions: async () => kept(sqliteStore(path)),
    close: async () => {
      for (const part of opened) part.close()
    },
  }
}
