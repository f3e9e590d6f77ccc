import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createNode,
  dataOf,
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

test('S-03: a visitor gets a session with the first value that is stored, and not before', async () => {
  const store = spyStore(memoryStore())
  const node = createNode({ store })
  const visitor = node.sessions.anonymous()
  await node.sessions.commit(visitor)
  assert.deepEqual(store.calls, [])
  visitor.data.set('cart', ['apple'])
  assert.equal(node.sessions.isSettled(visitor), false)
  await node.sessions.commit(visitor)
  assert.deepEqual(store.calls, ['write'])
  assert.deepEqual(await dataOf(node, tokenOf(visitor)), { cart: ['apple'] })
  assert.equal(visitor.userId, null)
})

test('S-03: a visitor whose data was deleted again gets no session', async () => {
  const node = createNode()
  const visitor = node.sessions.anonymous()
  visitor.data.set('a', 1)
  visitor.data.delete('a')
  await node.sessions.commit(visitor)
  assert.equal(visitor.token, null)
})

test('S-03: an unknown token is never adopted, and data stored with it goes under a new one', async () => {
  const node = createNode()
  const planted = 'A'.repeat(43)
  const session = await request(node, planted, ({ data }) => data.set('a', 1))
  assert.notEqual(session.token, planted)
  assert.deepEqual(await dataOf(node, planted), {})
})

test('a session that is only read is written at most once a minute', async () => {
  const store = spyStore(memoryStore())
  const node = createNode({ store })
  const token = await logInToken(node)
  store.calls.length = 0
  for (let second = 0; second < 120; second++) {
    node.clock.advance(1_000)
    await request(node, token)
  }
  assert.equal(store.calls.filter((call) => call === 'write').length, 2)
  assert.equal(store.calls.filter((call) => call === 'read').length, 120)
})

test('a short idle timeout is touched every tenth of it', async () => {
  const store = spyStore(memoryStore())
  const node = createNode({ store, idleTimeout: '10s' })
  const token = await logInToken(node)
  node.clock.advance(999)
  await request(node, token)
  assert.deepEqual(store.calls, ['write', 'read'])
  node.clock.advance(1)
  await request(node, token)
  assert.deepEqual(store.calls, ['write', 'read', 'read', 'write'])
})

test('touch counts a request as activity although the last one was a moment ago', async () => {
  const node = createNode({ idleTimeout: '1h' })
  const token = await logInToken(node)
  node.clock.advance(30_000)
  await request(node, token, (session) => {
    session.touchRequested = true
  })
  assert.equal((await node.sessions.open(token)).state?.lastSeenAt, node.clock())
})

test('S-14, T34: 50 parallel requests that write 50 keys keep all 50', async () => {
  const node = createNode()
  const token = await logInToken(node)
  const keys = Array.from({ length: 50 }, (_, index) => `key${index}`)
  const sessions = await Promise.all(keys.map(() => node.sessions.open(token)))
  for (const [index, session] of sessions.entries()) session.data.set(`key${index}`, index)
  await Promise.all(sessions.map((session) => node.sessions.commit(session)))
  assert.deepEqual(Object.keys(await dataOf(node, token)).sort(), keys.sort())
})

test('S-14: 50 parallel increments through an update function make 50', async () => {
  const node = createNode()
  const token = await logInToken(node)
  const sessions = await Promise.all(Array.from({ length: 50 }, () => node.sessions.open(token)))
  for (const session of sessions) session.data.update('visits', (visits) => Number(visits ?? 0) + 1)
  await Promise.all(sessions.map((session) => node.sessions.commit(session)))
  assert.deepEqual(await dataOf(node, token), { visits: 50 })
})

test('S-14: of two requests that set the same key the one committed last wins, and other keys stay', async () => {
  const node = createNode()
  const token = await logInToken(node)
  const [first, second] = [await node.sessions.open(token), await node.sessions.open(token)]
  first.data.set('same', 'first')
  first.data.set('mine', 1)
  second.data.set('same', 'second')
  await node.sessions.commit(first)
  await node.sessions.commit(second)
  assert.deepEqual(await dataOf(node, token), { same: 'second', mine: 1 })
})

test('one request sees its own changes after each of its commits, and the keys of others', async () => {
  const node = createNode()
  const token = await logInToken(node)
  const session = await node.sessions.open(token)
  await request(node, token, ({ data }) => data.set('theirs', 1))
  session.data.set('mine', 1)
  await node.sessions.commit(session)
  assert.deepEqual({ ...session.data.values }, { theirs: 1, mine: 1 })
  session.data.set('mine', 2)
  await node.sessions.commit(session)
  assert.deepEqual(await dataOf(node, token), { theirs: 1, mine: 2 })
})

test('S-13: a late write to a session that ended is dropped and reported, and its token is worth nothing', async () => {
  const node = createNode()
  const token = await logInToken(node)
  const late = await node.sessions.open(token)
  await node.sessions.revokeAll('ann')
  late.data.set('late', true)
  await node.sessions.commit(late)
  assert.equal(late.endedElsewhere, true)
  assert.equal(late.token, null)
  assert.equal(await isAlive(node, token), false)
  const lost = node.events.find(({ type }) => type === 'session.lost_update')
  assert.deepEqual(lost && 'keys' in lost && lost.keys, ['late'])
})

test('S-15: a write that comes after the session expired is dropped', async () => {
  const node = createNode({ idleTimeout: '1m' })
  const token = await logInToken(node)
  const slow = await node.sessions.open(token)
  node.clock.advance(60_000)
  slow.data.set('late', true)
  await node.sessions.commit(slow)
  assert.equal(await isAlive(node, token), false)
  assert.ok(typesOf(node.events).includes('session.lost_update'))
})

test('S-15: a session that expires while a request reads it is not touched, and stays expired', async () => {
  const node = createNode({ idleTimeout: '10m' })
  const token = await logInToken(node)
  node.clock.advance(599_999)
  const slow = await node.sessions.open(token)
  node.clock.advance(1)
  await node.sessions.commit(slow)
  assert.equal(await isAlive(node, token), false)
})

test('S-13: a refused touch is not tried again', async () => {
  const store = spyStore(memoryStore())
  const node = createNode({ store })
  const token = await logInToken(node)
  node.clock.advance(61_000)
  const [first, second] = [await node.sessions.open(token), await node.sessions.open(token)]
  await node.sessions.commit(first)
  store.calls.length = 0
  await node.sessions.commit(second)
  await node.sessions.commit(second)
  assert.deepEqual(store.calls, ['write'])
  assert.equal(node.sessions.isSettled(second), true)
})

test('a touch that the store refuses to answer fails no request', async () => {
  const memory = memoryStore()
  let isDown = false
  const store = spyStore(memory, {
    write: (row) => (isDown ? Promise.reject(new Error('down')) : memory.write(row)),
  })
  const node = createNode({ store })
  const token = await logInToken(node)
  node.clock.advance(61_000)
  isDown = true
  const session = await request(node, token)
  assert.equal(session.userId, 'ann')
  assert.ok(typesOf(node.events).includes('store.failed'))
})

test('a write refused again and again ends in a conflict, not in a hang', async () => {
  const memory = memoryStore()
  let refuse = false
  const store = spyStore(memory, { write: (row) => (refuse ? Promise.resolve(false) : memory.write(row)) })
  const node = createNode({ store })
  const token = await logInToken(node)
  refuse = true
  store.calls.length = 0
  await assert.rejects(
    request(node, token, ({ data }) => data.set('a', 1)),
    errorWith('conflict', /try again/),
  )
  assert.equal(store.calls.filter((call) => call === 'write').length, MAX_ATTEMPTS)
})

test('data that JSON cannot hold stores nothing of the request', async () => {
  const node = createNode()
  const token = await logInToken(node)
  const spoil = request(node, token, ({ data }) => {
    data.set('fine', 1)
    data.set('total', 10n)
  })
  await assert.rejects(spoil, errorWith('invalid_data', /"total" holds a BigInt/))
  assert.deepEqual(await dataOf(node, token), {})
})

test('a session is settled until something has to be written', async () => {
  const node = createNode()
  const session = await logIn(node)
  assert.equal(node.sessions.isSettled(session), true)
  session.data.set('a', 1)
  assert.equal(node.sessions.isSettled(session), false)
  await node.sessions.commit(session)
  assert.equal(node.sessions.isSettled(session), true)
  node.clock.advance(60_000)
  assert.equal(node.sessions.isSettled(await node.sessions.open(tokenOf(session))), false)
})

test('once the token is fixed, nothing that needs a new one is possible', async () => {
  const node = createNode()
  const visitor = node.sessions.anonymous()
  visitor.isTokenFixed = true
  visitor.data.set('a', 1)
  await assert.rejects(node.sessions.commit(visitor), errorWith('response_started', /before the first byte/))
  const login = { method: 'password', remember: false, device: { address: null, userAgent: null } }
  assert.throws(() => node.sessions.logIn(visitor, { id: 1 }, login), errorWith('response_started'))
})

test('S-14: a request keeps its write when others have kept the session alive since it was read', async () => {
  const node = createNode({ idleTimeout: '1h' })
  const token = await logInToken(node)
  node.clock.advance(3_590_000)
  const slow = await node.sessions.open(token)
  await request(node, token)
  node.clock.advance(20_000)
  slow.data.set('slow', true)
  await node.sessions.commit(slow)
  assert.deepEqual(await dataOf(node, token), { slow: true })
})

test('a touch that was asked for is made once, and not in the millisecond of the last one', async () => {
  const store = spyStore(memoryStore())
  const node = createNode({ store })
  const token = await logInToken(node)
  store.calls.length = 0
  const early = await node.sessions.open(token)
  early.touchRequested = true
  await node.sessions.commit(early)
  assert.deepEqual(store.calls, ['read'])
  node.clock.advance(1)
  const session = await node.sessions.open(token)
  session.touchRequested = true
  store.calls.length = 0
  await node.sessions.commit(session)
  assert.equal(session.touchRequested, false)
  session.data.set('a', 1)
  await node.sessions.commit(session)
  assert.deepEqual(store.calls, ['write', 'write'], 'the touched row is the one that is written next')
})

test('a visitor has authenticated by nothing, and has no session that could end', async () => {
  const node = createNode()
  const visitor = node.sessions.anonymous()
  assert.deepEqual(visitor.authentications, [])
  await node.sessions.confirm(visitor)
  assert.equal(visitor.endedElsewhere, false)
})
