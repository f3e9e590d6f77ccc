/**
 * A process of its own for the tests of redisStore: `node redis-worker.ts <driver> <url> <prefix> <count>` adds `count`
 * to the number in the payload of the row "counter", by compare-and-swap.
 */
import { redisStore } from '../src/stores/redis.ts'
import { DRIVERS } from './redis-support.ts'

const [driver = '', url = '', prefix = '', count = '0'] = process.argv.slice(2)

const open = DRIVERS[driver]
if (open === undefined) throw new Error(`There is no driver ${driver}.`)
const { client, close } = await open(url)
const store = redisStore(client, { prefix })

async function increment(): Promise<void> {
  for (;;) {
    const row = await store.read('counter')
    if (row === null) throw new Error('The row "counter" is gone.')
    const payload = String(Number(row.payload) + 1)
    if (await store.write({ ...row, version: row.version + 1, payload })) return
  }
}

for (let done = 0; done < Number(count); done++) await increment()
close()
