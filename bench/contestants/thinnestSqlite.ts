import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Contestant, SQLITE_FILE } from '../work.ts'
import { thinnestServer } from './_thinnest.ts'

const thinnestSqlite: Contestant = (work) => {
  const database = new DatabaseSync(join(work.folder, SQLITE_FILE))
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE thin (key TEXT PRIMARY KEY, value TEXT NOT NULL)')
  const select = database.prepare('SELECT value FROM thin WHERE key = ?')
  const insert = database.prepare('INSERT INTO thin (key, value) VALUES (?, ?)')
  return thinnestServer(work, {
    read: (key) => {
      const { value } = select.get(key) ?? {}
      return typeof value === 'string' ? value : null
    },
    write: (key, value) => insert.run(key, value),
  })
}

export default thinnestSqlite
