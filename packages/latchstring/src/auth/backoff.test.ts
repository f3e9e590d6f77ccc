import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRecords, NotingStore, parallel, testOnStores } from '../../test/records-support.ts'
import { spyStore } from '../../test/support.ts'
import { systemRandom } from '../core/random.ts'
import type { Clock, Store } from '../core/types.ts'
import { memoryStore } from '../stores/memory.ts'
import { fakeClock } from '../testing/clock.ts'
import { Backoff, type BackoffState } from './backoff.ts'
import { Counters } from './counters.ts'

const HOUR = 3_600_000

function createBackoff(store: Store = memoryStore(), clock: Clock = fakeClock()): Backoff {
  const counters = new Counters({ records: createRecords({ store, clock }), emit: () => {} })
  return new Backoff({ counters, random: systemRandom })
}

type Open = BackoffState & { kind: 'open' }

async function open(backoff: Backoff): Promise<Open> {
  const state = await backoff.take('ann')
  assert.ok(state.kind === 'open', state.kind)
  return state
}

async function fail(backoff: Backoff, count: number): Promise<void> {
  for (let done = 0; done < count; done++) await open(backoff)
}

testOnStores(
  'ten failures in a row cost no time, then each doubles the wait up to an hour (R-05)',
  async (place) => {
    const backoff = createBackoff(place.store, place.clock)
    await fail(backoff, 10)
    for (const wait of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 3_600, 3_600]) {
      assert.deepEqual(await backoff.take('ann'), { kind: 'wait', retryAfter: wait })
      place.clock.advance(wait * 1_000 - 1)
      assert.deepEqual(await backoff.take('ann'), { kind: 'wait', retryAfter: 1 })
      place.clock.advance(1)
      await open(backoff)
    }
  },
)

testOnStores('after 100 failures in a row nothing is open until a reset (R-05)', async ({ store, clock }) => {
  const backoff = createBackoff(store, clock)
  for (let failures = 0; failures < 100; failures++) {
    await open(backoff)
    clock.advance(HOUR)
  }
  assert.deepEqual(await backoff.take('ann'), { kind: 'disabled' })
  clock.advance(365 * 24 * HOUR)
  assert.deepEqual(await backoff.take('ann'), { kind: 'disabled' })
  assert.equal((await backoff.take('bob')).kind, 'open')
  await backoff.reset('ann')
  await fail(backoff, 10)
})

testOnStores('a success ends the row of failures (R-05)', async ({ store, clock }) => {
  const backoff = createBackoff(store, clock)
  await fail(backoff, 9)
  const { succeeded } = await open(backoff)
  await succeeded()
  await fail(backoff, 10)
  assert.equal((await backoff.take('ann')).kind, 'wait')
})

testOnStores('a try that verified nothing is given back alone (R-05)', async ({ store, clock }) => {
  const backoff = createBackoff(store, clock)
  await fail(backoff, 9)
  const { giveBack } = await open(backoff)
  await giveBack()
  await open(backoff)
  assert.equal((await backoff.take('ann')).kind, 'wait')
})

testOnStores('nothing is given back to a later row of failures (R-05)', async ({ store, clock }) => {
  const backoff = createBackoff(store, clock)
  const { giveBack } = await open(backoff)
  await backoff.reset('ann')
  await giveBack()
  await fail(backoff, 5)
  await giveBack()
  await fail(backoff, 5)
  assert.equal((await backoff.take('ann')).kind, 'wait')
})

test('the first and only try can be given back, and leaves nothing', async () => {
  const store = new NotingStore()
  const backoff = createBackoff(store)
  for (let count = 0; count < 20; count++) await (await open(backoff)).giveBack()
  assert.equal(store.rows.at(-1)?.payload, '')
  await fail(backoff, 10)
})

testOnStores('150 parallel tries in three processes: ten are open (R-05, T10)', async ({ store, clock }) => {
  const processes = Array.from({ length: 3 }, () => createBackoff(store, clock))
  const each = processes.map((backoff) => parallel(50, () => backoff.take('ann')))
  const states = (await Promise.all(each)).flat()
  assert.equal(states.filter(({ kind }) => kind === 'open').length, 10)
  assert.equal(states.filter(({ kind }) => kind === 'wait').length, 140)
})

testOnStores(
  '150 that have looked at once before they are counted: ten are open (R-05, T10)',
  async (place) => {
    const processes = Array.from({ length: 3 }, () => createBackoff(place.store, place.clock))
    const looks = await Promise.all(processes.map((backoff) => parallel(50, () => backoff.look('ann'))))
    const states = await Promise.all(looks.flat().map((take) => take()))
    assert.equal(states.filter(({ kind }) => kind === 'open').length, 10)
  },
)

test('whoever looks first is counted, and succeeds, by one write each', async () => {
  const store = spyStore(memoryStore())
  const take = await createBackoff(store).look('ann')
  const state = await take()
  assert.ok(state.kind === 'open')
  await state.succeeded()
  assert.deepEqual(store.calls, ['read', 'write', 'write'])
})

testOnStores('few failures are forgotten after a week, many after three months (R-06)', async (place) => {
  const { store, clock } = place
  const backoff = createBackoff(store, clock)
  await fail(backoff, 9)
  clock.advance(7 * 24 * HOUR)
  await fail(backoff, 10)
  clock.advance(90 * 24 * HOUR - 1)
  await open(backoff)
  assert.deepEqual(await backoff.take('ann'), { kind: 'wait', retryAfter: 2 })
  clock.advance(90 * 24 * HOUR)
  await fail(backoff, 10)
})

test('what is stored names nobody, and garbage is no failure (F-08, S-08)', async () => {
  const store = new NotingStore()
  const backoff = createBackoff(store)
  await fail(backoff, 10)
  assert.doesNotMatch(JSON.stringify(store.rows), /ann/)
  const row = store.rows.at(-1)
  assert.ok(row)
  const payload = '{"record":"backoff","value":{"failures":"many"}}'
  await store.write({ ...row, version: row.version + 1, payload })
  await fail(backoff, 10)
})

test('what cannot be forgotten stays counted, and no login fails with it (R-05)', async () => {
  let isDown = false
  const memory = memoryStore()
  const store: Store = {
    read: (key) => (isDown ? Promise.reject(new Error('down')) : memory.read(key)),
    write: (row) => (isDown ? Promise.reject(new Error('down')) : memory.write(row)),
    remove: (keys) => memory.remove(keys),
    list: (userId) => memory.list(userId),
    purge: (now) => memory.purge(now),
  }
  const backoff = createBackoff(store)
  await fail(backoff, 9)
  const { succeeded, giveBack } = await open(backoff)
  isDown = true
  await succeeded()
  await giveBack()
  isDown = false
  assert.equal((await backoff.take('ann')).kind, 'wait')
})
