import { type TestContext, test } from 'node:test'
import { Records } from '../src/auth/records.ts'
import { systemRandom } from '../src/core/random.ts'
import { ReliableStore } from '../src/core/reliableStore.ts'
import { systemTimers } from '../src/core/timers.ts'
import type { Clock, RandomSource, Row, Store } from '../src/core/types.ts'
import { memoryStore } from '../src/stores/memory.ts'
import { sqliteStore } from '../src/stores/sqlite.ts'
import { type FakeClock, fakeClock } from '../src/testing/clock.ts'

export interface RecordsChoices {
  readonly store?: Store
  readonly clock?: Clock
  readonly random?: RandomSource
  /** Milliseconds. */
  readonly timeout?: number
}

/** The records of one process. */
export function createRecords(choices: RecordsChoices = {}): Records {
  const { store = memoryStore(), clock = fakeClock(), random = systemRandom, timeout = 1_000 } = choices
  const reliable = new ReliableStore(store, { timeout, timers: systemTimers, emit: () => {} })
  return new Records({ store: reliable, clock, random })
}

export interface Place {
  readonly store: Store
  readonly clock: FakeClock
  readonly records: Records
}

const OPEN: Readonly<Record<string, (t: TestContext) => Store>> = {
  memory: () => memoryStore(),
  SQLite: (t) => {
    const store = sqliteStore(':memory:')
    t.after(() => store.close())
    return store
  },
}

/** One test on each store that needs no server. */
export function testOnStores(name: string, run: (place: Place) => Promise<void>): void {
  for (const [title, open] of Object.entries(OPEN)) {
    test(`${name}, on ${title}`, async (t) => {
      const store = open(t)
      const clock = fakeClock()
      await run({ store, clock, records: createRecords({ store, clock }) })
    })
  }
}

/** Keeps every row that was written, whatever became of it. */
export class NotingStore implements Store {
  readonly rows: Row[] = []
  readonly #store: Store

  constructor(store: Store = memoryStore()) {
    this.#store = store
  }

  read: Store['read'] = (key) => this.#store.read(key)
  remove: Store['remove'] = (keys) => this.#store.remove(keys)
  list: Store['list'] = (userId) => this.#store.list(userId)
  purge: Store['purge'] = (now) => this.#store.purge(now)

  async write(row: Row): Promise<boolean> {
    const isWritten = await this.#store.write(row)
    if (isWritten) this.rows.push(row)
    return isWritten
  }
}

/** Calls `make` with 0 to count - 1, all before the first has answered. */
export function parallel<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => make(index)))
}
