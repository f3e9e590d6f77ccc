import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRecords, NotingStore, parallel, testOnStores } from '../../test/records-support.ts'
import { createNode, spyStore } from '../../test/support.ts'
import { memoryStore } from '../stores/memory.ts'
import { OneTimeTokens } from './oneTimeTokens.ts'
import { PENDING_LIFETIME, type PendingLogin, PendingLogins } from './pendingLogins.ts'

const LOGIN: PendingLogin = {
  userId: 42,
  credentialVersion: 3,
  method: 'password',
  remember: true,
  device: { address: '203.0.113.7', userAgent: 'test' },
}

testOnStores('a pending login is what the first factor left, and ends once (S-11)', async ({ records }) => {
  const pending = new PendingLogins(records)
  const token = await pending.open(LOGIN)
  assert.deepEqual(await pending.attempt(token), LOGIN)
  assert.equal(await pending.consume(token), true)
  assert.equal(await pending.consume(token), false)
  assert.equal(await pending.attempt(token), null)
})

testOnStores(
  'a pending login takes five tries, of which the last may be right (R-10)',
  async ({ records }) => {
    const pending = new PendingLogins(records)
    const token = await pending.open(LOGIN)
    for (let tries = 0; tries < 5; tries++) assert.deepEqual(await pending.attempt(token), LOGIN)
    assert.equal(await pending.attempt(token), null)
    assert.equal(await pending.consume(token), true)
  },
)

testOnStores(
  'a pending login lives ten minutes, however often it is tried (S-11)',
  async ({ records, clock }) => {
    const pending = new PendingLogins(records)
    const token = await pending.open(LOGIN)
    clock.advance(PENDING_LIFETIME - 1)
    assert.deepEqual(await pending.attempt(token), LOGIN)
    clock.advance(1)
    assert.equal(await pending.attempt(token), null)
    assert.equal(await pending.consume(token), false)
  },
)

testOnStores('T73: of 500 parallel guesses at one pending login five are looked at (R-10)', async (place) => {
  const { store, clock } = place
  const token = await new PendingLogins(place.records).open(LOGIN)
  const processes = [createRecords({ store, clock }), createRecords({ store, clock })]
  const each = processes.map((records) => parallel(250, () => new PendingLogins(records).attempt(token)))
  const attempts = (await Promise.all(each)).flat()
  assert.equal(attempts.filter((login) => login !== null).length, 5)
})

testOnStores('of 100 parallel ends of one pending login exactly one counts (S-11, E-02)', async (place) => {
  const { store, clock } = place
  const token = await new PendingLogins(place.records).open(LOGIN)
  const processes = [createRecords({ store, clock }), createRecords({ store, clock })]
  const each = processes.map((records) => parallel(50, () => new PendingLogins(records).consume(token)))
  const consumed = (await Promise.all(each)).flat()
  assert.equal(consumed.filter((isFirst) => isFirst).length, 1)
})

testOnStores('a try that comes late does not revive a pending login (S-13)', async ({ store, clock }) => {
  const [one, other] = [createRecords({ store, clock }), createRecords({ store, clock })]
  const token = await new PendingLogins(one).open(LOGIN)
  const [attempt, isConsumed] = await Promise.all([
    new PendingLogins(one).attempt(token),
    new PendingLogins(other).consume(token),
  ])
  assert.equal(isConsumed, true)
  assert.ok(attempt === null || attempt.userId === 42)
  assert.equal(await new PendingLogins(one).attempt(token), null)
  assert.equal(await new PendingLogins(other).consume(token), false)
})

test('the token of a pending login is neither a session nor a mailed token (S-11, S-25)', async () => {
  const store = new NotingStore()
  const records = createRecords({ store })
  const token = await new PendingLogins(records).open(LOGIN)
  const node = createNode({ store })
  assert.equal((await node.sessions.open(token)).userId, null)
  assert.deepEqual(await node.sessions.list(42), [])
  const tokens = new OneTimeTokens(records)
  assert.equal(await tokens.redeem('password_reset', token), null)
  const reset = await tokens.issue({ purpose: 'password_reset', userId: 42, credentialVersion: 3 })
  assert.equal(await new PendingLogins(records).attempt(reset), null)
  assert.equal(JSON.stringify(store.rows).includes(token), false)
})

test('what cannot be a token never reaches the store (C-08)', async () => {
  const store = spyStore(memoryStore())
  const pending = new PendingLogins(createRecords({ store }))
  for (const text of ['', 'A'.repeat(44), 'A'.repeat(1_000_000)]) {
    assert.equal(await pending.attempt(text), null)
    assert.equal(await pending.consume(text), false)
  }
  assert.deepEqual(store.calls, [])
})

test('garbage in the store is no pending login (S-08)', async () => {
  const store = new NotingStore()
  const pending = new PendingLogins(createRecords({ store }))
  const wrong = [
    { userId: 5 },
    { credentialVersion: 'x' },
    { method: null },
    { remember: 1 },
    { device: null },
    { device: { address: 5, userAgent: null } },
    { triesLeft: '5' },
    { until: null },
  ]
  for (const changes of wrong) {
    const token = await pending.open(LOGIN)
    const row = store.rows.at(-1)
    assert.ok(row)
    const { record, value } = JSON.parse(row.payload)
    const payload = JSON.stringify({ record, value: { ...value, ...changes } })
    await store.write({ ...row, version: 2, payload })
    assert.equal(await pending.attempt(token), null, payload)
    assert.equal(await pending.consume(token), false, payload)
  }
})
