import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { type GatedCall, GatedStore } from '../../test/gated-store.ts'
import { MemoryBus, type MemoryBusEnd } from '../../test/memory-bus.ts'
import { LatchstringError } from '../core/errors.ts'
import type { Row, Store } from '../core/types.ts'
import { type FakeClock, fakeClock } from '../testing/clock.ts'
import { testStore } from '../testing/storeContract.ts'
import { type CachedOptions, type CachedStore, cached } from './cached.ts'
import { memoryStore } from './memory.ts'
import { sqliteStore } from './sqlite.ts'

function aRow(changes: Partial<Row> = {}): Row {
  return { key: 'key', userId: 'user', version: 1, expiresAt: 1e15, payload: '{}', ...changes }
}

const FIRST = aRow()
const SECOND = aRow({ version: 2, payload: '"second"' })

interface Scene {
  readonly store: Store
  readonly gate: GatedStore
  readonly clock: FakeClock
  /** Two processes with a cache each. */
  readonly near: CachedStore
  readonly far: CachedStore
  readonly nearBus: MemoryBusEnd
  readonly farBus: MemoryBusEnd
}

/** Starts without gates; the first row is in the store, and in no cache. */
async function setScene(options: Partial<CachedOptions> = {}): Promise<Scene> {
  const store = memoryStore()
  await store.write(FIRST)
  const gate = new GatedStore(store)
  gate.isGated = false
  const bus = new MemoryBus()
  const [nearBus, farBus] = [bus.end(), bus.end()]
  const clock = fakeClock()
  const near = cached(gate, { bus: nearBus, clock, ...options })
  const far = cached(gate, { bus: farBus, clock, ...options })
  return { store, gate, clock, near, far, nearBus, farBus }
}

function call(gate: GatedStore, index = -1): GatedCall {
  const found = gate.calls.at(index)
  assert.ok(found, 'the store was called')
  return found
}

testStore(() => cached(memoryStore(), { bus: new MemoryBus().end() }), {
  name: 'a cached memoryStore keeps the store contract',
})

testStore(
  (t) => {
    const store = sqliteStore(':memory:')
    t.after(() => store.close())
    return cached(store, { bus: new MemoryBus().end() })
  },
  { name: 'a cached sqliteStore keeps the store contract' },
)

/** Each call goes to another process than the one before. */
function takingTurns(stores: readonly Store[]): Store {
  let calls = 0
  const next = () => stores[calls++ % stores.length] ?? memoryStore()
  return {
    read: (key) => next().read(key),
    write: (row) => next().write(row),
    remove: (keys) => next().remove(keys),
    list: (userId) => next().list(userId),
    purge: (now) => next().purge(now),
  }
}

testStore(
  () => {
    const store = memoryStore()
    const bus = new MemoryBus()
    return takingTurns([1, 2, 3].map(() => cached(store, { bus: bus.end() })))
  },
  { name: 'three processes with a cache each keep the store contract in turns', narrowed: ['purge'] },
)

describe('a cached store reads', () => {
  test('at once what it knows', async () => {
    const { near } = await setScene()
    assert.ok(near.read('key') instanceof Promise)
    await turn()
    assert.deepEqual(near.read('key'), FIRST)
  })

  test('from its memory what it has read before, and from the store what it has not', async () => {
    const { near, store } = await setScene()
    assert.deepEqual(await near.read('key'), FIRST)
    await store.remove(['key'])
    assert.deepEqual(await near.read('key'), FIRST)
    assert.equal(await near.read('other'), null)
    assert.deepEqual(near.stats(), { hits: 1, misses: 2, invalidations: 0, staleness: 0, isConnected: true })
  })

  test('what it has written itself, without asking the store', async () => {
    const { near } = await setScene()
    assert.equal(await near.write(SECOND), true)
    assert.deepEqual(await near.read('key'), SECOND)
    assert.equal(near.stats().misses, 0)
  })

  test('a session that was created elsewhere at once, as absent rows are not kept', async () => {
    const { near, far } = await setScene()
    assert.equal(await near.read('new'), null)
    await far.write(aRow({ key: 'new' }))
    assert.deepEqual(await near.read('new'), aRow({ key: 'new' }))
  })

  test('once for all who ask at the same time', async () => {
    const { near, gate } = await setScene()
    gate.isGated = true
    const reads = [near.read('key'), near.read('key'), near.read('key')]
    assert.equal(gate.calls.length, 1)
    call(gate).answer()
    assert.deepEqual(await Promise.all(reads), [FIRST, FIRST, FIRST])
    assert.equal(near.stats().hits, 2)
    assert.equal(near.stats().misses, 1)
  })

  test('again for whoever asks when an earlier read has taken as long as the ttl', async () => {
    const { near, gate, clock } = await setScene()
    gate.isGated = true
    const slow = near.read('key')
    clock.advance(2_000)
    const later = near.read('key')
    assert.equal(gate.calls.length, 2)
    call(gate, 0).answer()
    call(gate, 1).answer()
    assert.deepEqual(await Promise.all([slow, later]), [FIRST, FIRST])
  })

  test('a row that nobody can change', async () => {
    const { near } = await setScene()
    const row = aRow({ key: 'new' })
    await near.write(row)
    Object.assign(row, { userId: 'other' })
    const read = await near.read('new')
    assert.deepEqual(read, aRow({ key: 'new' }))
    assert.ok(Object.isFrozen(read))
    assert.ok(Object.isFrozen(await near.read('key')))
  })

  test('from the store again after the ttl, counted from when the store was asked', async () => {
    const { near, store, gate, clock } = await setScene({ ttl: '3s' })
    gate.isGated = true
    const slow = near.read('key')
    clock.advance(1_000)
    call(gate).answer()
    await slow
    gate.isGated = false
    await store.remove(['key'])
    clock.advance(1_999)
    assert.deepEqual(await near.read('key'), FIRST)
    clock.advance(1)
    assert.equal(await near.read('key'), null)
    assert.equal(near.stats().staleness, 2_999)
  })

  test('from the store when the clock was set back, as nobody knows how old the row is', async () => {
    const { near, store, clock } = await setScene()
    await near.read('key')
    await store.remove(['key'])
    clock.set(clock() - 1)
    assert.equal(await near.read('key'), null)
  })

  test('at most 5 s old rows, and by default 2 s old ones', async () => {
    const { near, store, clock } = await setScene()
    await near.read('key')
    await store.remove(['key'])
    clock.advance(1_999)
    assert.deepEqual(await near.read('key'), FIRST)
    clock.advance(1)
    assert.equal(await near.read('key'), null)
  })

  test('past the cache when the answer has to be fresh, and keeps that answer', async () => {
    const { near, store } = await setScene()
    await near.read('key')
    await store.write(SECOND)
    assert.deepEqual(await near.readFresh('key'), SECOND)
    assert.deepEqual(await near.read('key'), SECOND)
    await store.remove(['key'])
    assert.equal(await near.readFresh('key'), null)
    assert.equal(await near.read('key'), null)
  })

  test('past reads on their way when the answer has to be fresh', async () => {
    const { near, store, gate } = await setScene()
    gate.isGated = true
    const early = near.read('key')
    await call(gate).apply()
    await store.remove(['key'])
    const fresh = near.readFresh('key')
    call(gate).answer()
    assert.equal(await fresh, null)
    call(gate, 0).answer()
    assert.deepEqual(await early, FIRST)
    gate.isGated = false
    assert.equal(await near.read('key'), null, 'the early read was kept')
  })
})

test('a cached store says of itself what its store says: what it has no means for, and what it drops', async () => {
  const bus = new MemoryBus().end()
  const plain = cached(memoryStore(), { bus })
  assert.deepEqual([plain.narrowed, plain.dropsExpired], [[], false])
  const told = cached(Object.assign(memoryStore(), { narrowed: ['list'], dropsExpired: true }), { bus })
  assert.deepEqual([told.narrowed, told.dropsExpired], [['list'], true])
})

describe('a cached store holds', () => {
  const keysOf = (reads: readonly string[]) => reads.map((key) => aRow({ key }))

  test('as many rows as it was told, and lets go of the one used least recently', async () => {
    const { near, store } = await setScene({ max: 2 })
    for (const row of keysOf(['a', 'b', 'c'])) await store.write(row)
    for (const key of ['a', 'b', 'a', 'c']) await near.read(key)
    await store.remove(['a', 'b', 'c'])
    assert.deepEqual(await near.read('a'), aRow({ key: 'a' }))
    assert.deepEqual(await near.read('c'), aRow({ key: 'c' }))
    assert.equal(await near.read('b'), null)
  })

  test('10,000 rows by default', async () => {
    const { near, store } = await setScene()
    for (let index = 0; index <= 10_000; index++) await store.write(aRow({ key: `key ${index}` }))
    for (let index = 0; index <= 10_000; index++) await near.read(`key ${index}`)
    assert.equal(near.stats().misses, 10_001)
    await near.read('key 1')
    assert.equal(near.stats().misses, 10_001)
    await near.read('key 0')
    assert.equal(near.stats().misses, 10_002)
  })

  test('no row that was purged', async () => {
    const { near } = await setScene()
    await near.write(aRow({ key: 'expired', expiresAt: 10 }))
    await near.write(aRow({ key: 'alive', expiresAt: 11 }))
    assert.equal(await near.purge(10), 1)
    assert.equal(await near.read('expired'), null)
    await near.read('alive')
    assert.equal(near.stats().misses, 1)
  })
})

describe('S-12: with the bus up a cached store', () => {
  test('refuses a session that another process ended, once that one was answered', async () => {
    const { near, far } = await setScene()
    await near.read('key')
    assert.equal(await far.remove(['key', 'key', 'absent']), 1)
    assert.equal(await near.read('key'), null)
    assert.equal(near.stats().invalidations, 2)
  })

  test('shows what another process wrote, once that one was answered', async () => {
    const { near, far } = await setScene()
    await near.read('key')
    await far.write(SECOND)
    assert.deepEqual(await near.read('key'), SECOND)
  })

  test('does not answer a removal before the bus has taken the message', async (t) => {
    // On a busy machine the patience with the bus could be over before the turn.
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { near, nearBus } = await setScene()
    const taken = Promise.withResolvers<void>()
    nearBus.onPublish = () => taken.promise
    let isRemoved = false
    const removal = near.remove(['key']).then(() => {
      isRemoved = true
    })
    await turn()
    assert.deepEqual(nearBus.published, [['key']])
    assert.equal(isRemoved, false)
    taken.resolve()
    await removal
  })

  test('publishes every change but a creation, and also what failed: who knows what was stored', async () => {
    const { near, nearBus, gate } = await setScene()
    await near.write(aRow({ key: 'new' }))
    assert.deepEqual(nearBus.published, [])
    await near.write(SECOND)
    assert.equal(await near.write(SECOND), false)
    gate.isGated = true
    const write = near.write(aRow({ version: 3 }))
    call(gate).fail()
    const removal = near.remove(['key', 'new'])
    call(gate).fail()
    await assert.rejects(write, /lost/)
    await assert.rejects(removal, /lost/)
    assert.deepEqual(nearBus.published, [['key'], ['key'], ['key'], ['key', 'new']])
  })

  test('publishes nothing for nothing', async () => {
    const { near, nearBus } = await setScene()
    assert.equal(await near.remove([]), 0)
    assert.deepEqual(nearBus.published, [])
  })

  test('lists from the store', async () => {
    const { near, store } = await setScene()
    await near.read('key')
    await store.write(SECOND)
    assert.deepEqual(await near.list('user'), [SECOND])
  })
})

describe('a cached store never keeps an old row', () => {
  test('that it was reading when the row was changed elsewhere', async () => {
    const { near, far, gate } = await setScene()
    gate.isGated = true
    const read = near.read('key')
    await call(gate).apply()
    gate.isGated = false
    await far.remove(['key'])
    call(gate).answer()
    assert.deepEqual(await read, FIRST, 'it was asked before the row was removed')
    assert.equal(await near.read('key'), null)
  })

  test('nor lets a later reader share a read that began before the change', async () => {
    const { near, far, gate } = await setScene()
    gate.isGated = true
    const early = near.read('key')
    await call(gate).apply()
    gate.isGated = false
    await far.remove(['key'])
    assert.equal(await near.read('key'), null)
    call(gate).answer()
    await early
    assert.equal(await near.read('key'), null)
  })

  test('when a write fails: nobody knows whether it was stored', async () => {
    const { near, gate } = await setScene()
    await near.read('key')
    gate.isGated = true
    const write = near.write(SECOND)
    await call(gate).apply()
    call(gate).fail()
    await assert.rejects(write, /lost/)
    gate.isGated = false
    assert.deepEqual(await near.read('key'), SECOND)
  })

  test('when its write is refused', async () => {
    const { near, store } = await setScene()
    await near.read('key')
    await store.write(SECOND)
    assert.equal(await near.write(SECOND), false)
    assert.deepEqual(await near.read('key'), SECOND)
  })

  test('when a read fails', async () => {
    const { near, gate } = await setScene()
    gate.isGated = true
    const reads = [near.read('key'), near.read('key')]
    call(gate).fail()
    for (const read of reads) await assert.rejects(async () => read, /lost/)
    gate.isGated = false
    assert.deepEqual(await near.read('key'), FIRST)
  })

  test('when the answer to its write comes after that of a later one', async () => {
    const { near, gate } = await setScene()
    const third = aRow({ version: 3 })
    gate.isGated = true
    const second = near.write(SECOND)
    await call(gate).apply()
    const last = near.write(third)
    call(gate).answer()
    assert.equal(await last, true)
    call(gate, 0).answer()
    assert.equal(await second, true)
    gate.isGated = false
    assert.deepEqual(await near.read('key'), third)
  })

  test('from the moment that a change begins, as its answer may never come', async () => {
    const { near, gate } = await setScene()
    for (const change of [() => near.write(SECOND), () => near.remove(['key'])]) {
      await near.readFresh('key')
      gate.isGated = true
      change().catch(() => {})
      await call(gate).apply()
      gate.isGated = false
      assert.notDeepEqual(await near.read('key'), FIRST)
    }
  })

  test('that was read before a change began whose answer never comes', async () => {
    const { near, gate } = await setScene()
    gate.isGated = true
    const early = near.read('key')
    await call(gate).apply()
    near.write(SECOND).catch(() => {})
    await call(gate).apply()
    call(gate, 0).answer()
    assert.deepEqual(await early, FIRST)
    gate.isGated = false
    assert.deepEqual(await near.read('key'), SECOND)
  })

  test('when a purge removes it while it is read', async () => {
    const { near, store, gate } = await setScene()
    await store.write(aRow({ key: 'expired', expiresAt: 1 }))
    gate.isGated = true
    const read = near.read('expired')
    await call(gate).apply()
    gate.isGated = false
    await near.purge(1)
    call(gate).answer()
    await read
    assert.equal(await near.read('expired'), null)
  })
})

/** What a process may do with one session. */
interface Operation {
  readonly run: (scene: Scene) => ReturnType<Store['read']> | Promise<boolean | number>
  /** What is stored once `true` or 1 was answered. */
  readonly leaves?: Progress
  readonly isLost?: boolean
  readonly isFresh?: boolean
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  'near reads': { run: ({ near }) => near.read('key') },
  'near reads fresh': { run: ({ near }) => near.readFresh('key'), isFresh: true },
  'near writes': { run: ({ near }) => near.write(SECOND), leaves: 2 },
  'near writes, and the answer is lost': { run: ({ near }) => near.write(SECOND), isLost: true },
  'near removes': { run: ({ near }) => near.remove(['key']), leaves: 3 },
  'far writes': { run: ({ far }) => far.write(SECOND), leaves: 2 },
  'far removes': { run: ({ far }) => far.remove(['key']), leaves: 3 },
}

/** The session goes from its first version over its second to its end, and never back. */
type Progress = 1 | 2 | 3

function progressOf(row: Row | null): Progress {
  if (row === null) return 3
  return row.version === 1 ? 1 : 2
}

/** One order of the steps of some operations. */
class Play {
  readonly #scene: Scene
  readonly #settled: Promise<void>[] = []
  /** How far the session had come when the last operation was answered. */
  #acknowledged: Progress = 1
  readonly faults: string[] = []

  constructor(scene: Scene) {
    this.#scene = scene
  }

  /** Asking, happening and answering, each when the test says. */
  stepsOf(name: string): (() => Promise<void>)[] {
    const operation = OPERATIONS[name] ?? { run: async () => null }
    const { calls } = this.#scene.gate
    let asked: GatedCall | undefined
    const ask = async () => {
      const least = await this.#leastFor(operation)
      const before = calls.length
      this.#settled.push(this.#watch(name, operation, least))
      asked = calls[before]
    }
    const happen = async () => asked?.apply()
    const answer = async () => {
      if (operation.isLost) asked?.fail()
      else asked?.answer()
      for (let ticks = 0; ticks < 8; ticks++) await null
    }
    return [ask, happen, answer]
  }

  /** Nobody may be answered with less than was acknowledged; who asks for it fresh, with less than is stored. */
  async #leastFor({ isFresh = false }: Operation): Promise<Progress> {
    return isFresh ? progressOf(await this.#scene.store.read('key')) : this.#acknowledged
  }

  async #watch(name: string, { run, leaves, isLost = false }: Operation, least: Progress): Promise<void> {
    try {
      const answer = await run(this.#scene)
      if (typeof answer === 'object' && progressOf(answer) < least)
        this.faults.push(`${name} was told of version 1 or 2 too late`)
      if ((answer === true || answer === 1) && leaves !== undefined && leaves > this.#acknowledged)
        this.#acknowledged = leaves
    } catch (error) {
      if (!isLost) throw error
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#settled)
    const { near, far, store, gate } = this.#scene
    gate.isGated = false
    const stored = progressOf(await store.read('key'))
    if (progressOf(await near.read('key')) !== stored) this.faults.push('near has kept an old row')
    if (progressOf(await far.read('key')) !== stored) this.faults.push('far has kept an old row')
  }
}

/** Every order of the steps of three operations: which of them is next, nine times. */
function ordersOf(left: readonly number[], begun: readonly number[] = []): number[][] {
  if (left.every((steps) => steps === 0)) return [[...begun]]
  return left.flatMap((steps, which) =>
    steps === 0 ? [] : ordersOf(left.with(which, steps - 1), [...begun, which]),
  )
}

const ORDERS = ordersOf([3, 3, 3])

async function faultsOf(names: readonly string[], order: readonly number[], isPrimed: boolean) {
  const scene = await setScene()
  if (isPrimed) await Promise.all([scene.near.read('key'), scene.far.read('key')])
  scene.gate.isGated = true
  const play = new Play(scene)
  const steps = names.map((name) => play.stepsOf(name))
  for (const which of order) await steps[which]?.shift()?.()
  await play.end()
  return play.faults
}

describe('a cached store with the bus up answers with what is stored', () => {
  const names = Object.keys(OPERATIONS)
  const pairs = names.flatMap((one, index) => names.slice(index).map((other) => [one, other] as const))
  for (const [one, other] of pairs) {
    test(`in every order of: near reads; ${one}; ${other}`, async () => {
      for (const [index, order] of ORDERS.entries()) {
        const isPrimed = index % 2 === 0
        const faults = await faultsOf(['near reads', one, other], order, isPrimed)
        if (faults.length > 0) assert.fail(`${faults.join(', ')}: order ${order}, primed: ${isPrimed}`)
      }
    })
  }
})

describe('without a bus a cached store', () => {
  test('gives up all that it holds when the connection drops, and holds nothing more', async () => {
    const { near, nearBus, store } = await setScene()
    await near.read('key')
    nearBus.cut({ isNoticed: true })
    await store.remove(['key'])
    assert.equal(await near.read('key'), null)
    await store.write(FIRST)
    await near.read('key')
    await store.remove(['key'])
    assert.equal(await near.read('key'), null)
    assert.deepEqual(near.stats(), { hits: 0, misses: 4, invalidations: 0, staleness: 0, isConnected: false })
  })

  test('does not share reads, as it would not hear of a change between two of them', async () => {
    const { near, nearBus, gate } = await setScene()
    nearBus.cut({ isNoticed: true })
    gate.isGated = true
    const reads = [near.read('key'), near.read('key')]
    assert.equal(gate.calls.length, 2)
    for (const each of gate.calls) each.answer()
    assert.deepEqual(await Promise.all(reads), [FIRST, FIRST])
  })

  test('is at most as stale as the ttl while the cut is not noticed (bounded staleness)', async () => {
    const { near, far, nearBus, clock } = await setScene()
    await near.read('key')
    nearBus.cut({ isNoticed: false })
    await far.remove(['key'])
    clock.advance(1_999)
    assert.deepEqual(await near.read('key'), FIRST)
    clock.advance(1)
    assert.equal(await near.read('key'), null)
    assert.equal(near.stats().staleness, 1_999)
  })

  test('keeps no row that it began to read before it was connected again', async () => {
    const { near, nearBus, store, gate } = await setScene()
    nearBus.cut({ isNoticed: true })
    gate.isGated = true
    const read = near.read('key')
    await call(gate).apply()
    await store.remove(['key'])
    nearBus.mend()
    call(gate).answer()
    await read
    gate.isGated = false
    assert.equal(await near.read('key'), null)
  })

  test('caches again when the connection is back', async () => {
    const { near, nearBus } = await setScene()
    nearBus.cut({ isNoticed: true })
    nearBus.mend()
    await near.read('key')
    await near.read('key')
    assert.equal(near.stats().hits, 1)
    assert.equal(near.stats().isConnected, true)
  })

  test('still publishes, writes and removes: what is stored counts', async () => {
    const { near, nearBus, store } = await setScene()
    nearBus.cut({ isNoticed: true })
    nearBus.onPublish = () => Promise.reject(new Error('no connection'))
    assert.equal(await near.write(SECOND), true)
    assert.equal(await near.remove(['key']), 1)
    assert.deepEqual(nearBus.published, [['key'], ['key']])
    assert.equal(await store.read('key'), null)
  })

  test('waits for the bus for about 100 ms only', async () => {
    const { near, nearBus } = await setScene()
    nearBus.onPublish = () => new Promise(() => {})
    const began = performance.now()
    assert.equal(await near.remove(['key']), 1)
    const waited = performance.now() - began
    assert.ok(waited > 50 && waited < 900, `${waited} ms`)
  })

  test('gives a bus that hangs no more than 1,000 messages, and goes on telling when it is back', async () => {
    const { near, nearBus } = await setScene()
    const hanging = Promise.withResolvers<void>()
    nearBus.onPublish = () => hanging.promise
    const changes = Array.from({ length: 1_100 }, (_, index) => near.remove([`key ${index}`]))
    await Promise.all(changes)
    assert.equal(nearBus.published.length, 1_000)
    hanging.resolve()
    await turn()
    await near.remove(['key'])
    assert.deepEqual(nearBus.published.at(-1), ['key'])
  })

  test('survives a bus that throws', async () => {
    const { near, nearBus } = await setScene()
    nearBus.onPublish = () => {
      throw new Error('broken')
    }
    assert.equal(await near.remove(['key']), 1)
  })

  test('says so when the bus cannot be listened to', async () => {
    const bus = new MemoryBus().end()
    bus.subscribe = () => Promise.reject(new Error('no permission'))
    const warned = once(process, 'warning')
    const store = cached(memoryStore(), { bus })
    const [warning] = await warned
    assert.match(String(warning), /nothing is cached: no permission/)
    assert.equal(store.stats().isConnected, false)
    bus.subscribe = () => Promise.reject('text')
    const second = once(process, 'warning')
    cached(memoryStore(), { bus })
    assert.match(String(await second), /nothing is cached: text/)
  })

  test('after close works on, and has left the bus', async () => {
    const { near, nearBus, store } = await setScene()
    await near.read('key')
    near.close()
    assert.equal(nearBus.isSubscribed, false)
    nearBus.mend()
    await near.read('key')
    await store.remove(['key'])
    assert.equal(await near.read('key'), null)
  })

  test('leaves the bus also when it is closed before it has joined', async () => {
    const bus = new MemoryBus().end()
    const store = cached(memoryStore(), { bus })
    store.close()
    await turn()
    assert.equal(bus.isSubscribed, false)
  })
})

describe('cached refuses', () => {
  const bus = new MemoryBus().end()
  const refused = (t: TestContext, store: unknown, options: unknown, message: RegExp) => {
    t.assert.throws(
      () => Reflect.apply(cached, undefined, [store, options]),
      (error) => {
        assert.ok(error instanceof LatchstringError)
        assert.equal(error.code, 'invalid_option')
        assert.match(error.message, message)
        return true
      },
    )
  }

  test('what is no store', (t) => {
    for (const store of [null, undefined, 'sqlite', { read() {} }])
      refused(t, store, { bus }, /session store/)
  })

  test('what is no bus', (t) => {
    for (const wrong of [undefined, null, {}, { publish() {} }])
      refused(t, memoryStore(), { bus: wrong }, /"bus" with/)
    for (const options of [undefined, null]) refused(t, memoryStore(), options, /takes options/)
  })

  test('options that it does not have, and values that make no sense', (t) => {
    refused(t, memoryStore(), { bus, size: 1 }, /no option "size"/)
    for (const max of [0, -1, 1.5, '10']) refused(t, memoryStore(), { bus, max }, /"max"/)
    refused(t, memoryStore(), { bus, clock: 1 }, /"clock"/)
  })

  test('a ttl above 5 s: for so long an ended session may live on', (t) => {
    for (const ttl of [5_001, '6s', '1h']) refused(t, memoryStore(), { bus, ttl }, /at most 5s/)
    for (const ttl of [0, -1, '', '1', null]) refused(t, memoryStore(), { bus, ttl }, /"ttl" of cached takes/)
    for (const ttl of [1, 5_000, '5s'] as const) cached(memoryStore(), { bus, ttl })
  })
})
