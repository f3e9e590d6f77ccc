/**
 * A process of its own for the tests of the stores on SQL servers:
 * `node sql-worker.ts <increment | migrate> <pg | postgres.js | mysql> <url> [count]`. It begins when it is told to.
 */
import { once } from 'node:events'
import type { SqlStore } from '../src/stores/sql.ts'
import { openSqlStore } from './sql-stores.ts'

const [task, driver = '', url = '', count = '0'] = process.argv.slice(2)

/** Adds 1 to the number in the payload of the row "counter", by compare-and-swap. */
async function increment(store: SqlStore): Promise<void> {
  for (;;) {
    const row = await store.read('counter')
    if (row === null) throw new Error('The row "counter" is gone.')
    const payload = String(Number(row.payload) + 1)
    if (await store.write({ ...row, version: row.version + 1, payload })) return
  }
}

const { store, close } = openSqlStore(driver, url)
const begun = once(process, 'message')
process.send?.('ready')
await begun
if (task === 'migrate') await store.migrate()
if (task === 'increment') for (let index = 0; index < Number(count); index++) await increment(store)
await close()
process.disconnect()
