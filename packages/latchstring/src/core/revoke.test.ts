import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createNode,
  errorWith,
  isAlive,
  logIn,
  logInToken,
  request,
  spyStore,
  tokenOf,
  typesOf,
} from '../../test/support.ts'
import { memoryStore } from '../stores/memory.ts'
import { MAX_ATTEMPTS } from './engine.ts'

test('S-12: a session that was logged out on one node is dead on every other at once', async () => {
  const here = createNode()
  const there = createNode({ store: here.store, clock: here.clock })
  const token = await logInToken(here)
  assert.equal(await isAlive(there, token), true)
  await here.sessions.end(await here.sessions.open(token), 'logged_out')
  assert.equal(await isAlive(there, token), false)
})

test('F-09: of two log-outs of one session one is the log-out', async () => {
  const node = createNode()
  const token = await logInToken(node)
  const [first, second] = [await node.sessions.open(token), await node.sessions.open(token)]
  await Promise.all([node.sessions.end(first, 'logged_out'), node.sessions.end(second, 'logged_out')])
  assert.equal(typesOf(node.events).filter((type) => type === 'session.ended').length, 1)
  assert.deepEqual([first.endedElsewhere, second.endedElsewhere].sort(), [false, true])
})

test('a session that somebody else ended first has no data to carry elsewhere', async () => {
  const node = createNode()
  const token = await logInToken(node)
  await request(node, token, ({ data }) => data.set('cart', 1))
  const [mine, late] = [await node.sessions.open(token), await node.sessions.open(token)]
  await node.sessions.end(mine, 'replaced')
  await node.sessions.end(late, 'replaced')
  assert.deepEqual({ ...mine.data.values }, { cart: 1 })
  assert.deepEqual({ ...late.data.values }, {})
})

test('a visitor session ends once, and one without a row ends without a store call', async () => {
  const store = spyStore(memoryStore())
  const node = createNode({ store })
  const visitor = node.sessions.anonymous()
  await node.sessions.end(node.sessions.anonymous(), 'logged_out')
  assert.deepEqual(store.calls, [])
  visitor.data.set('a', 1)
  await node.sessions.commit(visitor)
  const token = tokenOf(visitor)
  const again = await node.sessions.open(token)
  await node.sessions.end(visitor, 'logged_out')
  await node.sessions.end(again, 'logged_out')
  assert.equal(again.endedElsewhere, true)
  assert.deepEqual(typesOf(node.events), ['session.created', 'session.ended'])
})

test("revoke ends one session of a user, and never another user's", async () => {
  const node = createNode()
  const [one, two] = [await logIn(node), await logIn(node)]
  const { id } = one
  const token = tokenOf(one)
  assert.ok(id)
  assert.equal(await node.sessions.revoke('bob', id), false)
  assert.equal(await isAlive(node, token), true)
  assert.equal(await node.sessions.revoke('ann', id), true)
  assert.equal(await node.sessions.revoke('ann', id), false)
  assert.equal(await isAlive(node, token), false)
  assert.equal(await isAlive(node, tokenOf(two)), true)
})

test('revokeOthers keeps the session it is told to keep, and counts the rest', async () => {
  const node = createNode()
  const kept = await logIn(node)
  const others = [await logInToken(node), await logInToken(node), await logInToken(node, { userId: 'bob' })]
  assert.ok(kept.id)
  assert.equal(await node.sessions.revokeOthers('ann', kept.id), 2)
  assert.equal(await isAlive(node, tokenOf(kept)), true)
  assert.deepEqual(await Promise.all(others.map((token) => isAlive(node, token))), [false, false, true])
})

test('revokeAll counts sessions, not rows: expired and renewed ones are removed without being counted', async () => {
  const node = createNode({ renewal: { every: '15m' }, idleTimeout: '1h' })
  await logIn(node)
  node.clock.advance(3_600_000)
  const token = await logInToken(node)
  node.clock.advance(15 * 60_000)
  await request(node, token)
  assert.equal((await node.store.list('ann')).length, 3)
  assert.equal(await node.sessions.revokeAll('ann'), 1)
  assert.deepEqual(await node.store.list('ann'), [])
})

test('F-02: a store that keeps showing what was removed makes a revocation fail instead of pretending', async () => {
  const memory = memoryStore()
  const node = createNode({ store: spyStore(memory, { remove: async () => 0 }) })
  await logIn(node)
  await assert.rejects(node.sessions.revokeAll('ann'), errorWith('conflict', /kept appearing/))
})

test('F-02: a log-out whose store fails is no log-out: the session stays what it was', async () => {
  const memory = memoryStore()
  const node = createNode({ store: spyStore(memory, { remove: () => Promise.reject(new Error('down')) }) })
  const token = await logInToken(node)
  const session = await node.sessions.open(token)
  await assert.rejects(node.sessions.end(session, 'logged_out'), errorWith('store_unavailable', /down/))
  assert.equal(session.token, token)
})

test('S-08: a row that cannot be read is removed by revokeAll, and listed nowhere', async () => {
  const node = createNode()
  await logIn(node)
  await node.store.write({
    key: 'k',
    userId: 'ann',
    version: 1,
    expiresAt: node.clock() + 1e6,
    payload: 'broken',
  })
  assert.equal((await node.sessions.list('ann')).length, 1)
  assert.equal(await node.sessions.revokeAll('ann'), 1)
  assert.deepEqual(await node.store.list('ann'), [])
})

test('the list shows the live sessions, the one seen last first', async () => {
  const node = createNode({ idleTimeout: '1h' })
  const old = await logIn(node)
  node.clock.advance(1_000)
  const recent = await logIn(node, { method: 'passkey' })
  const list = await node.sessions.list('ann')
  assert.deepEqual(
    list.map(({ id }) => id),
    [recent.id, old.id],
  )
  assert.deepEqual(list[0], {
    id: recent.id,
    createdAt: node.clock(),
    lastSeenAt: node.clock(),
    expiresAt: node.clock() + 3_600_000,
    authentications: [{ method: 'passkey', at: node.clock() }],
    device: { address: '203.0.113.7', userAgent: 'test' },
  })
})

test('S-05: nothing in the list works as a token', async () => {
  const node = createNode()
  await logIn(node)
  const texts = JSON.stringify(await node.sessions.list('ann')).match(/[\w-]+/g) ?? []
  for (const text of texts) assert.equal(await isAlive(node, text), false)
})

test('F-08: hostile user ids and session ids name nobody', async () => {
  const node = createNode()
  await logIn(node)
  for (const text of ["' OR 1=1 --", '*', '%', '__proto__', '\r\nDEL *', '{}']) {
    assert.deepEqual(await node.sessions.list(text), [])
    assert.equal(await node.sessions.revoke('ann', text), false)
  }
  await assert.rejects(node.sessions.list(''), errorWith('invalid_argument'))
  await assert.rejects(node.sessions.revokeAll('a\0b'), errorWith('invalid_argument'))
})

test('T32: every login acknowledged before revokeOthers begins is dead after it', async () => {
  const node = createNode()
  const current = await logIn(node)
  const acknowledged = await Promise.all(Array.from({ length: 20 }, () => logInToken(node)))
  assert.ok(current.id)
  const racing = Array.from({ length: 20 }, () => logInToken(node))
  await node.sessions.revokeOthers('ann', current.id)
  await Promise.all(racing)
  for (const token of acknowledged) assert.equal(await isAlive(node, token), false)
  assert.equal(await isAlive(node, tokenOf(current)), true)
})

test('F-05: every session that is revoked is reported once, with the reason', async () => {
  const node = createNode()
  const ids = [(await logIn(node)).id, (await logIn(node)).id]
  node.events.length = 0
  assert.equal(await node.sessions.revokeAll('ann'), 2)
  const reported = node.events.map(
    (event) => event.type === 'session.ended' && [event.sessionId, event.reason],
  )
  assert.deepEqual(
    reported,
    ids.map((id) => [id, 'revoked']),
  )
})

test('sessions that appear again a hundred times while they are revoked are a conflict', async () => {
  const memory = memoryStore()
  const store = spyStore(memory, { remove: async () => 0 })
  const node = createNode({ store })
  await logIn(node)
  store.calls.length = 0
  await assert.rejects(node.sessions.revokeAll('ann'), errorWith('conflict', /kept appearing/))
  assert.equal(store.calls.filter((call) => call === 'list').length, MAX_ATTEMPTS)
})
