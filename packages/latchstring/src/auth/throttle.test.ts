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

/** Counted in one row with the wide one. */
function inside(narrow: Partial<Bucket> = {}, wide: Partial<Bucket> = {}): Bucket {
  return { ...NARROW, ...narrow, within: { ...WIDE, ...wide } }
}

testOnStores(
  '150 parallel tries in three processes are counted exactly in one row for two limits (R-05, T10)',
  async ({ store, clock }) => {
    const each = Array.from({ length: 3 }, () => createThrottle(store, clock)).map((throttle) =>
      parallel(50, () => throttle.takeAsLeft(inside())),
    )
    const admissions = (await Promise.all(each)).flat()
    assert.equal(admissions.filter(isAdmitted).length, 10)
    assert.equal(await room(createThrottle(store, clock), WIDE), 90, 'the refused took nothing')
  },
)

testOnStores(
  'what a narrow limit refuses in the row of a wide one takes no room from others (R-05)',
  async ({ store, clock }) => {
    const processes = Array.from({ length: 3 }, () => createThrottle(store, clock))
    const tight = { max: 20 }
    const attack = processes.map((throttle) => parallel(50, () => throttle.takeAsLeft(inside({}, tight))))
    const bob = inside({ subject: 'bob 1' }, tight)
    const others = processes.map((throttle) => parallel(3, () => throttle.takeAsLeft(bob)))
    const admissions = (await Promise.all([...attack, ...others])).flat()
    assert.equal(admissions.filter(isAdmitted).length, 10 + 9)
  },
)

testOnStores(
  'what a wide limit refuses is not counted by the narrow ones in its row (R-05)',
  async (place) => {
    const { store, clock } = place
    const processes = [createThrottle(store, clock), createThrottle(store, clock)]
    const tight = (subject: string) => inside({ subject, max: 1 }, { max: 10 })
    const each = processes.map((throttle, process) =>
      parallel(25, (index) => throttle.takeAsLeft(tight(`${process} ${index}`))),
    )
    const givers = (await Promise.all(each)).flat().filter(isAdmitted)
    assert.equal(givers.length, 10)
    await Promise.all(givers.map(({ giveBack }) => giveBack()))
    for (let index = 0; index < 25; index += 10) {
      for (const process of [0, 1]) {
        const { kind } = await createThrottle(store, clock).takeAsLeft(tight(`${process} ${index}`))
        assert.equal(kind, 'admitted')
      }
    }
  },
)

testOnStores('a narrow window goes on when the wide one that it is within is over (R-05)', async (place) => {
  const throttle = createThrottle(place.store, place.clock)
  await admitted(throttle, [WIDE])
  place.clock.advance(59 * MINUTE)
  for (let count = 0; count < 10; count++) assert.ok(isAdmitted(await throttle.takeAsLeft(inside())))
  place.clock.advance(2 * MINUTE)
  const refusal = { kind: 'throttled', bucket: 'narrow', retryAfter: 13 * 60 }
  assert.deepEqual(await throttle.takeAsLeft(inside()), refusal)
  assert.equal(await room(throttle, WIDE), 100)
  place.clock.advance(13 * MINUTE)
  const { refusal: full } = await throttle.look([inside()])
  assert.deepEqual(full, { kind: 'throttled', bucket: 'wide', retryAfter: 47 * 60 })
})

testOnStores(
  'in a row of two limits both are given back, once, and to no later window (R-05)',
  async (place) => {
    const { store, clock } = place
    const throttle = createThrottle(store, clock)
    const one = await throttle.takeAsLeft(inside())
    const other = await throttle.takeAsLeft(inside({ subject: 'bob 1' }))
    assert.ok(isAdmitted(one) && isAdmitted(other))
    await Promise.all([one.giveBack(), one.giveBack()])
    assert.equal(await room(throttle, inside()), 10)
    clock.advance(60 * MINUTE)
    assert.ok(isAdmitted(await throttle.takeAsLeft(inside({ subject: 'bob 1' }))))
    await other.giveBack()
    assert.equal(await room(throttle, inside({ subject: 'bob 1' })), 9)
    assert.equal(await room(throttle, WIDE), 90)
  },
)

test('what was looked at is counted from where others have left it (R-05, F-09)', async () => {
  const store = memoryStore()
  const [one, other] = [createThrottle(store), createThrottle(store)]
  const look = await one.look([NARROW])
  assert.equal(look.refusal, null)
  assert.equal(await room(other, NARROW), 10)
  assert.equal((await look.take()).kind, 'throttled')
})

test('a row of two limits has no line for whoever has nothing counted any more', async () => {
  const [store, clock] = [new NotingStore(), fakeClock()]
  const throttle = createThrottle(store, clock)
  for (let index = 0; index < 50; index++) await throttle.takeAsLeft(inside({ subject: `account ${index}` }))
  const whole = store.rows.at(-1)?.payload.length ?? 0
  clock.advance(15 * MINUTE)
  await throttle.takeAsLeft(inside())
  const length = store.rows.at(-1)?.payload.length ?? 0
  assert.ok(length < whole / 10, `${length} of ${whole} characters`)
  assert.equal(new Set(store.rows.map(({ key }) => key)).size, 1)
  assert.doesNotMatch(JSON.stringify(store.rows), /account/)
})

test('a try in one row is one trip when it is counted, and one when it is given back', async () => {
  const store = spyStore(memoryStore())
  const throttle = createThrottle(store)
  for (let tries = 0; tries < 3; tries++) {
    const admission = await throttle.takeAsLeft(inside())
    assert.ok(isAdmitted(admission))
    await admission.giveBack()
  }
  assert.deepEqual(store.calls, Array(3).fill(['read', 'write', 'write']).flat())
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
  const orFail = async <T>(call: () => T | Promise<T>) =>
    isDown ? Promise.reject(new Error('down')) : call()
  const read: Store['read'] = (key) => orFail(() => memory.read(key))
  const write: Store['write'] = (row) => orFail(() => memory.write(row))
  const throttle = createThrottle(spyStore(memory, { read, write }))
  const giveBack = await admitted(throttle, [NARROW])
  isDown = true
  await giveBack()
  isDown = false
  assert.equal(await room(throttle, NARROW), 9)
})
