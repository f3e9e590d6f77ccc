import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRecords, NotingStore, parallel, testOnStores } from '../../test/records-support.ts'
import { spyStore } from '../../test/support.ts'
import type { Clock, Store } from '../core/types.ts'
import { memoryStore } from '../stores/memory.ts'
import { fakeClock } from '../testing/clock.ts'
import { Activity } from './activity.ts'
import { Background } from './background.ts'
import type { ActivityEntry } from './types.ts'

const DAY = 24 * 60 * 60_000

function createActivity(store: Store = memoryStore(), clock: Clock = fakeClock()): Activity {
  const background = new Background((error) => assert.fail(String(error)))
  return new Activity({ records: createRecords({ store, clock }), background })
}

function from(address: string | null, sessionId: string | null = null): Parameters<Activity['record']>[2] {
  return { sessionId, device: { address, userAgent: 'test' } }
}

function summary(entries: readonly ActivityEntry[]): string[] {
  return entries.map(({ type, count, device }) => `${type} ${device.address} ${count}`)
}

testOnStores('what happened to an account is listed, the newest first (F-05)', async ({ store, clock }) => {
  const activity = createActivity(store, clock)
  const begun = clock()
  await activity.record('ann', 'signup', from('203.0.113.7', 's1'))
  clock.advance(1_000)
  await activity.record('ann', 'login', from('2001:db8::1', 's2'))
  assert.deepEqual(await activity.list('ann'), [
    { at: begun + 1_000, type: 'login', ...from('2001:db8::1', 's2'), count: 1 },
    { at: begun, type: 'signup', ...from('203.0.113.7', 's1'), count: 1 },
  ])
  assert.deepEqual(await activity.list('bob'), [])
})

testOnStores(
  'failures in a row from one place are one line with a count (F-05)',
  async ({ store, clock }) => {
    const activity = createActivity(store, clock)
    await activity.record('ann', 'login', from('203.0.113.7'))
    for (const address of ['2001:db8::1', '203.0.113.7', '2001:db8::2', '::ffff:203.0.113.7']) {
      clock.advance(1_000)
      await activity.record('ann', 'login_failed', from(address))
    }
    await activity.record('ann', 'reauthentication_failed', from('203.0.113.7'))
    assert.deepEqual(summary(await activity.list('ann')), [
      'reauthentication_failed 203.0.113.7 1',
      'login_failed ::ffff:203.0.113.7 2',
      'login_failed 2001:db8::2 2',
      'login 203.0.113.7 1',
    ])
    assert.equal((await activity.list('ann'))[1]?.at, clock(), 'the time of the newest')
    await activity.record('ann', 'login', from('203.0.113.7'))
    await activity.record('ann', 'login_failed', from('203.0.113.7'))
    assert.equal((await activity.list('ann'))[0]?.count, 1, 'after the user did something it is another line')
  },
)

testOnStores('nobody pushes out what the user did by failing (F-05)', async ({ store, clock }) => {
  const activity = createActivity(store, clock)
  for (let done = 0; done < 50; done++) await activity.record('ann', 'login', from('203.0.113.7'))
  for (let failures = 0; failures < 300; failures++) {
    await activity.record('ann', 'login_failed', from(`198.51.100.${failures % 256}`))
    await activity.record('ann', 'password_reset_requested', from(`198.51.100.${failures % 256}`))
    if (failures % 100 === 0) await activity.record('ann', 'login', from('203.0.113.7'))
  }
  const entries = await activity.list('ann')
  assert.equal(entries.filter(({ type }) => type === 'login').length, 53)
  assert.equal(entries.length, 53 + 25)
  assert.equal(entries[0]?.device.address, `198.51.100.${299 % 256}`, 'the newest failures are there')
})

testOnStores('100 lines are kept, for 90 days (F-05)', async ({ store, clock }) => {
  const activity = createActivity(store, clock)
  for (let done = 0; done < 120; done++) await activity.record('ann', 'login', from(null, `s${done}`))
  const entries = await activity.list('ann')
  assert.equal(entries.length, 100)
  assert.equal(entries[0]?.sessionId, 's119')
  clock.advance(90 * DAY - 1)
  await activity.record('ann', 'logout', from(null))
  assert.equal((await activity.list('ann')).length, 100)
  clock.advance(1)
  assert.deepEqual(summary(await activity.list('ann')), ['logout null 1'])
  await activity.record('ann', 'login', from(null))
  assert.equal((await activity.list('ann')).length, 2)
})

testOnStores(
  'no line is lost that several processes write at once (F-05, F-09)',
  async ({ store, clock }) => {
    const processes = Array.from({ length: 3 }, () => createActivity(store, clock))
    const each = processes.map((activity, process) =>
      parallel(30, (index) => activity.record('ann', 'login', from(null, `${process} ${index}`))),
    )
    await Promise.all(each)
    const entries = (await processes[0]?.list('ann')) ?? []
    assert.equal(new Set(entries.map(({ sessionId }) => sessionId)).size, 90)
  },
)

testOnStores('a timeline can be forgotten', async ({ store, clock }) => {
  const activity = createActivity(store, clock)
  await activity.record('ann', 'login', from(null))
  await activity.forget('ann')
  assert.deepEqual(await activity.list('ann'), [])
})

test('nobody waits for a line, and nobody fails with it (F-05)', async () => {
  const failures: unknown[] = []
  const background = new Background((error) => void failures.push(error))
  let isDown = true
  const memory = memoryStore()
  const read: Store['read'] = (key) => (isDown ? Promise.reject(new Error('down')) : memory.read(key))
  const records = createRecords({ store: spyStore(memory, { read }) })
  const activity = new Activity({ records, background })
  activity.recordSoon('ann', 'login', from(null))
  await background.settled()
  assert.match(String(failures), /down/)
  isDown = false
  activity.recordSoon('ann', 'login', from(null))
  await background.settled()
  assert.equal(failures.length, 1)
  assert.equal((await activity.list('ann')).length, 1)
})

test('a line that a newer version stored is kept and not shown', async () => {
  const store = new NotingStore()
  const activity = createActivity(store)
  await activity.record('ann', 'login', from(null))
  const row = store.rows[0]
  assert.ok(row)
  await store.write({ ...row, version: 2, payload: row.payload.replace('"login"', '"toString"') })
  await activity.record('ann', 'logout', from(null))
  assert.deepEqual(summary(await activity.list('ann')), ['logout null 1'])
  assert.match(store.rows.at(-1)?.payload ?? '', /toString/)
})

test('garbage in the store is an empty timeline (S-08)', async () => {
  const store = new NotingStore()
  const activity = createActivity(store)
  await activity.record('ann', 'login', from(null))
  const entry = { at: 1, type: 'login', sessionId: null, device: from(null).device, count: 1 }
  const wrong = [
    null,
    {},
    'x',
    [null],
    [{}],
    [{ ...entry, at: 'now' }],
    [{ ...entry, sessionId: 5 }],
    [{ ...entry, type: 5 }],
    [{ ...entry, device: null }],
    [{ ...entry, count: null }],
  ]
  for (const value of wrong) {
    const row = store.rows.at(-1)
    assert.ok(row)
    const payload = JSON.stringify({ record: 'activity', value })
    await store.write({ ...row, version: row.version + 1, payload })
    assert.deepEqual(await activity.list('ann'), [], payload)
    await activity.record('ann', 'login', from(null))
    assert.equal((await activity.list('ann')).length, 1)
  }
})
