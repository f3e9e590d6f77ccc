import { once } from 'node:events'
import type { Row, Store } from 'latchstring'
import { cached } from 'latchstring/stores/cached'
import { memoryStore } from 'latchstring/stores/memory'
import { latchstringServer } from './contestants/_latchstring.ts'
import { ONE_PROCESS } from './contestants/_ownStores.ts'
import { heapInUse } from './heap.ts'
import { logIn } from './logins.ts'

export interface Weight {
  readonly title: string
  /** For each session. */
  readonly bytes: number
  readonly count: number
}

const COUNT = 20_000

/** What a session takes in this process, with 100 bytes of data. */
export async function weighAll(): Promise<Weight[]> {
  const example = await exampleRow()
  const store = memoryStore()
  const kept = await weigh(async (index) => void (await store.write(numbered(example, index))))
  // The rows come new from the store, as a driver makes them.
  const behind = storeOf((key) => numbered(example, Number(key.slice(-DIGITS))))
  const cache = cached(behind, { bus: ONE_PROCESS, max: COUNT, ttl: '5s' })
  const held = await weigh(async (index) => void (await cache.read(numbered(example, index).key)))
  return [
    { title: 'a session in memoryStore', bytes: kept, count: COUNT },
    { title: 'a row held by cached', bytes: held, count: COUNT },
  ]
}

/** How much the heap grows for each of so many. */
async function weigh(add: (index: number) => Promise<void>): Promise<number> {
  const before = heapInUse()
  for (let index = 0; index < COUNT; index++) await add(index)
  return (heapInUse() - before) / COUNT
}

/** What a login of the bench stores. */
async function exampleRow(): Promise<Row> {
  const store = memoryStore()
  const work = { dataBytes: 100, sessions: 1, postgres: '', mysql: '', redis: '', prefix: '', folder: '' }
  const server = latchstringServer(work, store).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  await logIn(address.port, 1)
  server.close()
  const [row] = await store.list('user-0')
  if (row === undefined) throw new Error('the login stored no row')
  return row
}

/** Another session of the same size, which shares no text with the others: each comes out of bytes, as off a socket. */
function numbered(row: Row, index: number): Row {
  const number = String(index).padStart(DIGITS, '0')
  return {
    ...row,
    key: fromBytes(row.key.slice(0, -DIGITS) + number),
    userId: fromBytes(`user-${number}`),
    payload: fromBytes(row.payload),
  }
}

const DIGITS = 8

function fromBytes(text: string): string {
  return Buffer.from(text).toString()
}

function storeOf(rowOf: (key: string) => Row): Store {
  return {
    read: async (key) => rowOf(key),
    write: async () => false,
    remove: async () => 0,
    list: async () => [],
    purge: async () => 0,
  }
}
