import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRecords, NotingStore, parallel, testOnStores } from '../../test/records-support.ts'
import { spyStore } from '../../test/support.ts'
import type { Clock, Store } from '../core/types.ts'
import { memoryStore } from '../stores/memory.ts'
import { fakeClock } from '../testing/clock.ts'
import { Counters } from './counters.ts'
import { type Admission, type Bucket, Throttle } from './throttle.ts'

const MINUTE = 60_000
const NARROW: Bucket = { name: 'narrow', subject: 'ann 1', max: 10, window: 15 * MINUTE }
const WIDE: Bucket = { name: 'wide', subject: '1', max: 100, window: 60 * MINUTE }

function createThrottle(store: Store = memoryStore(), clock: Clock = fakeClock()): Throttle {
  return new Throttle(new Counters({ records: createRecords({ store, clock }), emit: () => {} }))
}

function isAdmitted(admission: Admission): admission is Admission & { kind: 'admitted' } {
  return admission.kind === 'admitted'
}

/** How many tries pass until one is refused. */
async function room(throttle: Throttle, bucket: Bucket): Promise<number> {
  for (let count = 0; ; count++) if (!isAdmitted(await throttle.take([bucket]))) return count
}

async function admitted(throttle: Throttle, buckets: readonly Bucket[]): Promise<() => Promise<void>> {
  const admission = await throttle.take(buckets)
  assert.ok(isAdmitted(admission))
  return admission.giveBack
}

testOnStores('tries up to the limit pass, the next is told when to come back (R-05)', async (place) => {
  const throttle = createThrottle(place.store, place.clock)
  for (let count = 0; count < 10; count++) await admitted(throttle, [NARROW])
  place.clock.advance(MINUTE + 1)
  assert.deepEqual(await throttle.take([NARROW]), {
    kind: 'throttled',
    bucket: 'narrow',
    retryAfter: 14 * 60,
  })
})

testOnStores('a window begins with its first try, and ends (R-05)', async ({ store, clock }) => {
  const throttle = createThrottle(store, clock)
  await admitted(throttle, [NARROW])
  clock.advance(15 * MINUTE - 1)
  assert.equal(await room(throttle, NARROW), 9)
  assert.deepEqual(await throttle.take([NARROW]), { kind: 'throttled', bucket: 'narrow', retryAfter: 1 })
  clock.advance(1)
  assert.equal(await room(throttle, NARROW), 10)
})

testOnStores('subjects and buckets are counted apart (R-05)', async ({ store, clock }) => {
  const throttle = createThrottle(store, clock)
  assert.equal(await room(throttle, NARROW), 10)
  assert.equal(await room(throttle, { ...NARROW, subject: 'ann 2' }), 10)
  assert.equal(await room(throttle, { ...NARROW, name: 'other' }), 10)
})

testOnStores('150 parallel tries in three processes are counted exactly (R-05, T10)', async (place) => {
  const { store, clock } = place
  const each = Array.from({ length: 3 }, () => createThrottle(store, clock)).map((throttle) =>
    parallel(50, () => throttle.take([NARROW, WIDE])),
  )
  const admissions = (await Promise.all(each)).flat()
  assert.equal(admissions.filter(isAdmitted).length, 10)
  assert.equal(await room(createThrottle(store, clock), WIDE), 90, 'the refused took nothing')
})

testOnStores('what a narrow bucket refuses takes no room in a wide one from others (R-05)', async (place) => {
  const { store, clock } = place
  const processes = Array.from({ length: 3 }, () => createThrottle(store, clock))
  const tight = { ...WIDE, max: 20 }
  const attack = processes.map((throttle) => parallel(50, () => throttle.take([NARROW, tight])))
  const bob = { ...NARROW, subject: 'bob 1' }
  const others = processes.map((throttle) => parallel(3, () => throttle.take([bob, tight])))
  const admissions = (await Promise.all([...attack, ...others])).flat()
  assert.equal(admissions.filter(isAdmitted).length, 10 + 9)
})

testOnStores(
  'what a wide bucket refuses is given back to the narrow ones (R-05)',
  async ({ store, clock }) => {
    const processes = [createThrottle(store, clock), createThrottle(store, clock)]
    const tight = { ...WIDE, max: 10 }
    const each = processes.map((throttle, process) =>
      parallel(25, (index) => throttle.take([{ ...NARROW, subject: `${process} ${index}`, max: 1 }, tight])),
    )
    const outcomes = (await Promise.all(each)).flat()
    assert.equal(outcomes.filter(isAdmitted).length, 10)
    let free = 0
    for (const [process, throttle] of processes.entries()) {
      for (let index = 0; index < 25; index++) {
        free += await room(throttle, { ...NARROW, subject: `${process} ${index}`, max: 1 })
      }
    }
    assert.equal(free, 40)
  },
)

testOnStores('whoever is refused is not counted (R-05)', async ({ store, clock }) => {
  const processes = [createThrottle(store, clock), createThrottle(store, clock)]
  const each = processes.map((throttle) => parallel(25, () => throttle.take([NARROW])))
  const admissions = (await Promise.all(each)).flat().filter(isAdmitted)
  for (const { giveBack } of admissions) await giveBack()
  assert.equal(await room(createThrottle(store, clock), NARROW), 10)
})

testOnStores('what was given back can be used again, and no more than that (R-05)', async (place) => {
  const throttle = createThrottle(place.store, place.clock)
  await admitted(throttle, [NARROW, WIDE])
  const giveBack = await admitted(throttle, [NARROW, WIDE])
  await Promise.all([giveBack(), giveBack(), giveBack()])
  assert.equal(await room(throttle, NARROW), 9)
  assert.equal(await room(throttle, WIDE), 99)
  await giveBack()
  assert.equal(await room(throttle, NARROW), 0)
})

testOnStores('nothing is given back to a later window (R-05)', async ({ store, clock }) => {
  const throttle = createThrottle(store, clock)
  const giveBack = await admitted(throttle, [NARROW])
  clock.advance(15 * MINUTE)
  await admitted(throttle, [NARROW])
  await giveBack()
  assert.equal(await room(throttle, NARROW), 9)
})

testOnStores('50 that are given back in parallel leave nothing behind (R-05)', async ({ store, clock }) => {
  const processes = [createThrottle(store, clock), createThrottle(store, clock)]
  await Promise.all(
    processes.map((throttle) => parallel(25, async () => (await admitted(throttle, [WIDE]))())),
  )
  assert.equal(await room(createThrottle(store, clock), WIDE), 100)
})

test('whoever is refused by a wide bucket creates no row for a narrow one', async () => {
  const store = new NotingStore()
  const throttle = createThrottle(store)
  assert.equal(await room(throttle, WIDE), 100)
  const before = store.rows.length
  for (let index = 0; index < 50; index++) {
    const admission = await throttle.take([{ ...NARROW, subject: `account ${index}` }, WIDE])
    assert.deepEqual(admission, { kind: 'throttled', bucket: 'wide', retryAfter: 3_600 })
  }
  assert.equal(store.rows.length, before)
})

test('of several full buckets the one that is full for longest is named', async () => {
  const throttle = createThrottle()
  await room(throttle, NARROW)
  await room(throttle, WIDE)
  for (const buckets of [
    [NARROW, WIDE],
    [WIDE, NARROW],
  ]) {
    const admission = await throttle.take(buckets)
    assert.deepEqual(admission, { kind: 'throttled', bucket: 'wide', retryAfter: 3_600 })
  }
})

test('a try asks for all its buckets at once, and writes each of them once', async () => {
  const store = spyStore(memoryStore())
  const throttle = createThrottle(store)
  const third = { ...WIDE, name: 'third' }
  await admitted(throttle, [NARROW, WIDE, third])
  assert.deepEqual(store.calls, ['read', 'read', 'read', 'write', 'write', 'write'])
})

test('500 parallel tries at one account are counted by a handful of writes', async () => {
  const store = spyStore(memoryStore())
  const throttle = createThrottle(store)
  const admissions = await parallel(500, () => throttle.take([NARROW, WIDE]))
  assert.equal(admissions.filter(isAdmitted).length, 10)
  const writes = store.calls.filter((call) => call === 'write').length
  assert.ok(writes < 10, `${writes} writes`)
})

test('no subject can be read in the store (F-08)', async () => {
  const store = new NotingStore()
  await admitted(createThrottle(store), [{ ...NARROW, subject: 'ann@example.org' }])
  assert.doesNotMatch(JSON.stringify(store.rows), /ann@/)
  assert.deepEqual(
    store.rows.map(({ userId }) => userId),
    [null],
  )
})

test('a counter that cannot be read counts as none (S-08)', async () => {
  const store = new NotingStore()
  const clock = fakeClock()
  const throttle = createThrottle(store, clock)
  await room(throttle, NARROW)
  for (const value of [null, 5, {}, { count: '1', until: 1 }, { count: 1, until: null }]) {
    const row = await store.read(store.rows[0]?.key ?? '')
    assert.ok(row)
    const payload = JSON.stringify({ record: 'throttle', value })
    await store.write({ ...row, version: row.version + 1, payload })
    assert.equal(await room(throttle, NARROW), 10)
  }
})

test('what cannot be given back stays counted, and nobody fails with it (R-05)', async () => {
  let isDown = false
  const memory = memoryStore()
  const read: Store['read'] = (key) => (isDown ? Promise.reject(new Error('down')) : memory.read(key))
  const throttle = createThrottle(spyStore(memory, { read }))
  const giveBack = await admitted(throttle, [NARROW])
  isDown = true
  await giveBack()
  isDown = false
  assert.equal(await room(throttle, NARROW), 9)
})
