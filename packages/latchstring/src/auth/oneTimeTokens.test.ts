import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatedStore } from '../../test/gated-store.ts'
import { createRecords, NotingStore, parallel, testOnStores } from '../../test/records-support.ts'
import { spyStore } from '../../test/support.ts'
import { memoryStore } from '../stores/memory.ts'
import { fakeClock } from '../testing/clock.ts'
import { type NewToken, OneTimeTokens, TOKEN_LIFETIMES, type TokenPurpose } from './oneTimeTokens.ts'

const RESET: NewToken = { purpose: 'password_reset', userId: 'ann', credentialVersion: 3 }
const CONTENT = { userId: 'ann', credentialVersion: 3, value: {} }
const PURPOSES: readonly TokenPurpose[] = [
  'email_verification',
  'password_reset',
  'email_change',
  'email_undo',
  'not_me',
]

testOnStores('a token is 32 random bytes and works once (E-01, E-02)', async ({ records }) => {
  const tokens = new OneTimeTokens(records)
  const token = await tokens.issue(RESET)
  assert.match(token, /^[A-Za-z0-9_-]{43}$/)
  assert.deepEqual(await tokens.redeem('password_reset', token), CONTENT)
  assert.equal(await tokens.redeem('password_reset', token), null)
})

testOnStores('looking at a token changes nothing (E-07)', async ({ records, store }) => {
  const spied = spyStore(store)
  const tokens = new OneTimeTokens(createRecords({ store: spied, clock: records.clock }))
  const token = await new OneTimeTokens(records).issue(RESET)
  for (let look = 0; look < 10; look++) {
    assert.deepEqual(await tokens.peek('password_reset', token), CONTENT)
  }
  assert.deepEqual(new Set(spied.calls), new Set(['read']))
  assert.deepEqual(await tokens.redeem('password_reset', token), CONTENT)
  assert.equal(await tokens.peek('password_reset', token), null)
})

testOnStores('a token carries the user in the original type, and what it is for', async ({ records }) => {
  const tokens = new OneTimeTokens(records)
  const value = { email: 'new@example.org', key: 'new@example.org', attempt: 1, ok: true, old: null }
  for (const userId of ['ann', 42, 2n ** 70n]) {
    const token = await tokens.issue({ purpose: 'email_change', userId, credentialVersion: null, value })
    const expected = { userId, credentialVersion: null, value }
    assert.deepEqual(await tokens.peek('email_change', token), expected)
    assert.deepEqual(await tokens.redeem('email_change', token), expected)
  }
})

testOnStores('a token of one purpose is unknown to every other one (E-01, S-25)', async ({ records }) => {
  const tokens = new OneTimeTokens(records)
  for (const purpose of PURPOSES) {
    const token = await tokens.issue({ ...RESET, purpose })
    for (const other of PURPOSES.filter((one) => one !== purpose)) {
      assert.equal(await tokens.peek(other, token), null)
      assert.equal(await tokens.redeem(other, token), null)
    }
    assert.deepEqual(await tokens.redeem(purpose, token), CONTENT)
  }
})

testOnStores('a token lives as long as its purpose allows (E-01)', async ({ records, clock }) => {
  const tokens = new OneTimeTokens(records)
  for (const purpose of PURPOSES) {
    const token = await tokens.issue({ ...RESET, purpose })
    clock.advance(TOKEN_LIFETIMES[purpose] - 1)
    assert.deepEqual(await tokens.peek(purpose, token), CONTENT)
    clock.advance(1)
    assert.equal(await tokens.peek(purpose, token), null)
    assert.equal(await tokens.redeem(purpose, token), null)
  }
  const short = await tokens.issue({ ...RESET, lifetime: 60_000 })
  clock.advance(60_000)
  assert.equal(await tokens.redeem('password_reset', short), null)
})

test('a reset lives 30 minutes, a verification 24 hours, what undoes 7 days (E-01, E-08)', () => {
  assert.deepEqual(TOKEN_LIFETIMES, {
    email_verification: 86_400_000,
    password_reset: 1_800_000,
    email_change: 86_400_000,
    email_undo: 604_800_000,
    not_me: 604_800_000,
  })
})

testOnStores('a new token ends the older ones of its user and purpose (E-01)', async ({ records, clock }) => {
  const tokens = new OneTimeTokens(records)
  const first = await tokens.issue(RESET)
  const [others, verification] = [
    await tokens.issue({ ...RESET, userId: 'bob' }),
    await tokens.issue({ ...RESET, purpose: 'email_verification' }),
  ]
  // The process of the second request has another clock.
  clock.set(clock() - 5_000)
  const second = await tokens.issue(RESET)
  assert.equal(await tokens.redeem('password_reset', first), null)
  assert.deepEqual(await tokens.redeem('password_reset', second), CONTENT)
  assert.equal((await tokens.redeem('password_reset', others))?.userId, 'bob')
  assert.deepEqual(await tokens.redeem('email_verification', verification), CONTENT)
})

testOnStores('of tokens issued at once exactly one survives (E-01)', async ({ store, clock }) => {
  const processes = [createRecords({ store, clock }), createRecords({ store, clock })]
  const each = processes.map((records) => parallel(10, () => new OneTimeTokens(records).issue(RESET)))
  const issued = (await Promise.all(each)).flat()
  const tokens = new OneTimeTokens(createRecords({ store, clock }))
  const found = await Promise.all(issued.map((token) => tokens.peek('password_reset', token)))
  assert.equal(found.filter((content) => content !== null).length, 1)
})

test('of two tokens issued at once one survives in every order of their steps (E-01)', async () => {
  for (const choices of everyOrder(8)) {
    const memory = memoryStore()
    const list = async (userId: string) => (await memory.list(userId)).reverse()
    const gates = [new GatedStore(memory), new GatedStore(spyStore(memory, { list }))]
    const issued = gates.map((store) => new OneTimeTokens(createRecords({ store })).issue(RESET))
    for (const first of choices) await step(gates, first)
    while (gates.some(({ calls }) => calls.length > 0)) await step(gates, 0)
    const tokens = new OneTimeTokens(createRecords({ store: memory }))
    const found = await Promise.all(
      (await Promise.all(issued)).map((token) => tokens.peek('password_reset', token)),
    )
    assert.equal(found.filter((content) => content !== null).length, 1, choices.join())
  }
})

/** Lets the call that this process has asked be done, or else the other one's. */
async function step(gates: readonly GatedStore[], first: number): Promise<void> {
  await new Promise(setImmediate)
  const call = gates[first]?.calls.shift() ?? gates[1 - first]?.calls.shift()
  await call?.apply()
  call?.answer()
  await new Promise(setImmediate)
}

/** Which of two goes first, so many times, in every way. */
function everyOrder(steps: number): number[][] {
  return Array.from({ length: 2 ** steps }, (_, order) =>
    Array.from({ length: steps }, (_, at) => (order >> at) & 1),
  )
}

testOnStores('100 parallel redeems of one token give exactly one success (E-02, T61)', async (place) => {
  const { store, clock } = place
  const processes = [createRecords({ store, clock }), createRecords({ store, clock })]
  const token = await new OneTimeTokens(place.records).issue(RESET)
  const each = processes.map((records) =>
    parallel(50, () => new OneTimeTokens(records).redeem('password_reset', token)),
  )
  const redeemed = (await Promise.all(each)).flat()
  assert.equal(redeemed.filter((content) => content !== null).length, 1)
})

testOnStores('the tokens of a user are revoked, of some purposes or of all (S-20)', async ({ records }) => {
  const tokens = new OneTimeTokens(records)
  const issueAll = () => Promise.all(PURPOSES.map((purpose) => tokens.issue({ ...RESET, purpose })))
  const alive = async (issued: readonly string[]) => {
    const found = await Promise.all(
      PURPOSES.map((purpose, index) => tokens.peek(purpose, issued[index] ?? '')),
    )
    return PURPOSES.filter((_, index) => found[index] !== null)
  }
  const first = await issueAll()
  await tokens.revoke('password_reset', 'ann')
  assert.deepEqual(await alive(first), ['email_verification', 'email_change', 'email_undo', 'not_me'])
  await tokens.revokeAll('ann', ['email_verification', 'email_change'])
  assert.deepEqual(await alive(first), ['email_undo', 'not_me'])
  await tokens.revokeAll('bob')
  assert.deepEqual(await alive(first), ['email_undo', 'not_me'])
  await tokens.revokeAll('ann')
  assert.deepEqual(await alive(first), [])
})

test('what cannot be a token never reaches the store (C-08)', async () => {
  const store = spyStore(memoryStore())
  const tokens = new OneTimeTokens(createRecords({ store }))
  for (const text of ['', 'x', 'A'.repeat(42), 'A'.repeat(44), `${'A'.repeat(42)}=`, 'A'.repeat(1_000_000)]) {
    assert.equal(await tokens.peek('password_reset', text), null)
    assert.equal(await tokens.redeem('password_reset', text), null)
  }
  assert.deepEqual(store.calls, [])
  assert.equal(await tokens.redeem('password_reset', 'A'.repeat(43)), null)
})

test('the store holds no token, and nothing in it works as one (S-02, E-01)', async () => {
  const store = new NotingStore()
  const tokens = new OneTimeTokens(createRecords({ store }))
  const token = await tokens.issue(RESET)
  const dump = JSON.stringify(store.rows)
  assert.equal(dump.includes(token), false)
  for (const text of dump.match(/[A-Za-z0-9_-]{43}/g) ?? []) {
    assert.equal(await tokens.redeem('password_reset', text), null)
  }
  assert.deepEqual(await tokens.redeem('password_reset', token), CONTENT)
})

test('garbage in the store is no token (S-08)', async () => {
  const memory = memoryStore()
  const clock = fakeClock()
  const tokens = new OneTimeTokens(createRecords({ store: memory, clock }))
  const wrong = [
    { userId: 5 },
    { userIdType: 'symbol' },
    { credentialVersion: '3' },
    { value: [] },
    { value: { email: {} } },
    { value: null },
    { order: 'first' },
  ]
  for (const changes of wrong) {
    const token = await tokens.issue(RESET)
    const [row] = await memory.list('latchstring/token/password_reset/ann')
    assert.ok(row)
    const { record, value } = JSON.parse(row.payload)
    const payload = JSON.stringify({ record, value: { ...value, ...changes } })
    await memory.write({ ...row, version: row.version + 1, payload })
    assert.equal(await tokens.redeem('password_reset', token), null, payload)
    await memory.remove([row.key])
  }
})

testOnStores(
  'no later change makes the link worthless that takes an earlier one back (E-08)',
  async ({ records }) => {
    const tokens = new OneTimeTokens(records)
    for (const purpose of ['email_undo', 'not_me'] as const) {
      const [owners, thiefs] = [
        await tokens.issue({ ...RESET, purpose }),
        await tokens.issue({ ...RESET, purpose }),
      ]
      assert.deepEqual(await tokens.redeem(purpose, owners), CONTENT)
      assert.equal(await tokens.redeem(purpose, thiefs), null)
    }
  },
)

testOnStores(
  'taking the last change back leaves the way to take the first one back (E-08)',
  async ({ records }) => {
    const tokens = new OneTimeTokens(records)
    const undo: NewToken = { ...RESET, purpose: 'email_undo' }
    const [owners, thiefs] = [await tokens.issue(undo), await tokens.issue(undo)]
    assert.deepEqual(await tokens.redeem('email_undo', thiefs), CONTENT)
    assert.deepEqual(await tokens.redeem('email_undo', owners), CONTENT)
  },
)
