/**
 * A process of its own for the tests of sqliteStore:
 * `node sqlite-worker.ts <increment | append | checkpoint | open> <path> [count]`. It says what it has done in messages.
 */
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'
import { type SqliteStore, sqliteStore } from '../src/stores/sqlite.ts'

const [task, path = '', count = '0'] = process.argv.slice(2)

/** Adds 1 to the number in the payload of the row "counter", by compare-and-swap. */
async function increment(store: SqliteStore): Promise<void> {
  for (;;) {
    const row = await store.read('counter')
    if (row === null) throw new Error('The row "counter" is gone.')
    const payload = String(Number(row.payload) + 1)
    if (await store.write({ ...row, version: row.version + 1, payload })) return
    await turn()
  }
}

async function incrementAll(): Promise<void> {
  const store = sqliteStore(path)
  for (let index = 0; index < Number(count); index++) await increment(store)
  store.close()
  process.send?.('done')
}

/** Creates rows until somebody kills the process, and tells of each row after it was acknowledged. */
async function appendForEver(store: SqliteStore): Promise<void> {
  for (let index = 0; ; index++) {
    const key = `${process.pid} ${index}`
    await store.write({ key, userId: 'user', version: 1, expiresAt: 1, payload: key })
    process.send?.(key)
  }
}

/** Each commit has the log written back to the file at once. */
function openWithoutLog(): SqliteStore {
  const database = new DatabaseSync(path)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1')
  return sqliteStore(database)
}

/** Opens the store at the moment that the parent names, so that several processes do it at once. */
function openAtOnce(): void {
  process.once('message', () => {
    sqliteStore(path).close()
    process.send?.('done')
    process.disconnect()
  })
  process.send?.('ready')
}

if (task === 'increment') await incrementAll()
if (task === 'append') await appendForEver(sqliteStore(path))
if (task === 'checkpoint') await appendForEver(openWithoutLog())
if (task === 'open') openAtOnce()
if (task === 'increment') process.disconnect()
