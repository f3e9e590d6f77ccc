import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRecords, NotingStore, parallel, testOnStores } from '../../test/records-support.ts'
import { DEVICE_LIFETIME, KnownDevices } from './knownDevices.ts'

const DAY = 24 * 60 * 60_000

testOnStores(
  'a browser is known to a user who logged in from it, and to no other (R-06)',
  async ({ records }) => {
    const devices = new KnownDevices(records)
    const { token } = await devices.remember('ann', null)
    assert.match(token, /^[A-Za-z0-9_-]{43}$/)
    assert.equal(await devices.isKnown('ann', token), true)
    assert.equal(await devices.isKnown('bob', token), false)
    assert.equal(await devices.isKnown('ann', 'A'.repeat(43)), false)
    assert.equal(await devices.isKnown('ann', null), false)
  },
)

testOnStores('the first browser is no news, every further one is, once', async ({ records }) => {
  const devices = new KnownDevices(records)
  const first = await devices.remember('ann', null)
  assert.deepEqual([first.isNew, await devices.trim('ann')], [true, true])
  const again = await devices.remember('ann', first.token)
  assert.deepEqual(again, { token: first.token, isNew: false })
  const second = await devices.remember('ann', null)
  assert.deepEqual([second.isNew, await devices.trim('ann')], [true, false])
  assert.notEqual(second.token, first.token)
})

testOnStores('two users of one browser share its token and nothing else', async ({ records }) => {
  const devices = new KnownDevices(records)
  const { token } = await devices.remember('ann', null)
  assert.deepEqual(await devices.remember('bob', token), { token, isNew: true })
  assert.equal(await devices.trim('bob'), true)
  await devices.forgetAll('ann')
  assert.equal(await devices.isKnown('ann', token), false)
  assert.equal(await devices.isKnown('bob', token), true)
})

testOnStores('a browser is forgotten 180 days after its last login', async ({ records, clock }) => {
  const devices = new KnownDevices(records)
  const { token } = await devices.remember('ann', null)
  clock.advance(179 * DAY)
  await devices.remember('ann', token)
  clock.advance(DEVICE_LIFETIME - 1)
  assert.equal(await devices.isKnown('ann', token), true)
  clock.advance(1)
  assert.equal(await devices.isKnown('ann', token), false)
  assert.deepEqual(await devices.list('ann'), [])
})

testOnStores('browsers are listed with their times, the one seen last first', async ({ records, clock }) => {
  const devices = new KnownDevices(records)
  const begun = clock()
  const { token } = await devices.remember('ann', null)
  clock.advance(DAY)
  await devices.remember('ann', null)
  clock.advance(DAY)
  await devices.remember('ann', token)
  assert.deepEqual(await devices.list('ann'), [
    { firstSeenAt: begun, lastSeenAt: begun + 2 * DAY },
    { firstSeenAt: begun + DAY, lastSeenAt: begun + DAY },
  ])
  assert.deepEqual(await devices.list('bob'), [])
})

testOnStores('a client that keeps no cookies does not pile up browsers', async ({ records, clock }) => {
  const devices = new KnownDevices(records)
  const { token } = await devices.remember('ann', null)
  for (let login = 0; login < 70; login++) {
    clock.advance(1_000)
    await devices.remember('ann', login % 10 === 0 ? token : null)
    await devices.trim('ann')
  }
  assert.equal((await devices.list('ann')).length, 50)
  assert.equal(await devices.isKnown('ann', token), true)
})

testOnStores('a browser is forgotten by itself, for one user', async ({ records }) => {
  const devices = new KnownDevices(records)
  const { token } = await devices.remember('ann', null)
  const other = await devices.remember('ann', null)
  await devices.remember('bob', token)
  await devices.forget('ann', token)
  assert.equal(await devices.isKnown('ann', token), false)
  assert.equal(await devices.isKnown('ann', other.token), true)
  assert.equal(await devices.isKnown('bob', token), true)
})

testOnStores('one browser that logs in 50 times at once is new once (F-09)', async ({ store, clock }) => {
  const processes = [createRecords({ store, clock }), createRecords({ store, clock })]
  const token = 'B'.repeat(43)
  const each = processes.map((records) =>
    parallel(25, () => new KnownDevices(records).remember('ann', token)),
  )
  const remembered = (await Promise.all(each)).flat()
  assert.equal(remembered.filter(({ isNew }) => isNew).length, 1)
})

test('what is no token is replaced by one', async () => {
  const devices = new KnownDevices(createRecords())
  for (const presented of ['', 'x', 'A'.repeat(44), 'A'.repeat(1_000_000), `${'A'.repeat(42)}\n`]) {
    assert.equal(await devices.isKnown('ann', presented), false)
    assert.notEqual((await devices.remember('ann', presented)).token, presented)
  }
})

test('the store tells neither a token nor that two users share a browser (S-02)', async () => {
  const store = new NotingStore()
  const devices = new KnownDevices(createRecords({ store }))
  const { token } = await devices.remember('ann', null)
  await devices.remember('bob', token)
  const dump = JSON.stringify(store.rows)
  assert.equal(dump.includes(token), false)
  for (const text of dump.match(/[A-Za-z0-9_-]{43}/g) ?? []) {
    assert.equal(await devices.isKnown('ann', text), false)
  }
  const keys = store.rows.map(({ key }) => key)
  assert.equal(new Set(keys).size, 2)
})

test('garbage in the store is no known browser (S-08)', async () => {
  const store = new NotingStore()
  const devices = new KnownDevices(createRecords({ store }))
  const { token } = await devices.remember('ann', null)
  const row = store.rows[0]
  assert.ok(row)
  await store.write({ ...row, version: 2, payload: '{"record":"device","value":{"firstSeenAt":"1"}}' })
  assert.equal(await devices.isKnown('ann', token), false)
  assert.deepEqual(await devices.list('ann'), [])
})
