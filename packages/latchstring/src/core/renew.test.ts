import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import {
  createNode,
  dataOf,
  isAlive,
  logIn,
  logInToken,
  type Node,
  request,
  spyStore,
  tokenOf,
  typesOf,
} from '../../test/support.ts'
import { memoryStore } from '../stores/memory.ts'

const RENEWAL = { every: '15m', grace: '10s' } as const
const DUE = 15 * 60_000

function renewingNode(): Node {
  return createNode({ renewal: RENEWAL })
}

test('S-17: 100 parallel requests at a renewal all succeed, with one new token', async () => {
  const node = renewingNode()
  const token = await logInToken(node)
  node.clock.advance(DUE)
  const sessions = await Promise.all(Array.from({ length: 100 }, () => node.sessions.open(token)))
  await Promise.all(sessions.map((session) => node.sessions.commit(session)))
  const tokens = new Set(sessions.map(tokenOf))
  assert.equal(tokens.size, 1)
  assert.equal(tokens.has(token), false)
  assert.equal((await node.sessions.list('ann')).length, 1)
  // Whoever has swapped the row reports it, and nobody else.
  assert.deepEqual(typesOf(node.events), ['session.created', 'session.renewed'])
})

test('S-17: the old token leads to the same successor during its grace period', async () => {
  const node = renewingNode()
  const token = await logInToken(node)
  node.clock.advance(DUE)
  const renewed = await request(node, token)
  node.clock.advance(9_999)
  const late = await request(node, token, ({ data }) => data.set('late', 1))
  assert.equal(late.token, renewed.token)
  assert.deepEqual(await dataOf(node, tokenOf(renewed)), { late: 1 })
})

test('S-17: the old token after its grace period ends the session for whoever holds either token', async () => {
  const node = renewingNode()
  const token = await logInToken(node)
  node.clock.advance(DUE)
  const renewed = tokenOf(await request(node, token))
  node.clock.advance(10_000)
  assert.equal(await isAlive(node, token), false)
  assert.equal(await isAlive(node, renewed), false)
  assert.ok(typesOf(node.events).includes('session.token_reused'))
  assert.deepEqual(await node.sessions.list('ann'), [])
})

test('S-17: a stolen token ends the session also after several renewals', async () => {
  const node = renewingNode()
  const stolen = await logInToken(node)
  let token = stolen
  for (let renewal = 0; renewal < 3; renewal++) {
    node.clock.advance(DUE)
    token = tokenOf(await request(node, token))
  }
  assert.equal(await isAlive(node, stolen), false)
  assert.equal(await isAlive(node, token), false)
})

test('S-17: other sessions of the user are not touched by a reused token', async () => {
  const node = renewingNode()
  const token = await logInToken(node)
  node.clock.advance(DUE)
  await request(node, token)
  const other = await logInToken(node)
  node.clock.advance(10_000)
  assert.equal(await isAlive(node, token), false)
  assert.equal(await isAlive(node, other), true)
})

test('a slow request that began before the renewal is no thief, and its write is kept', async () => {
  const node = renewingNode()
  const token = await logInToken(node)
  node.clock.advance(DUE - 1)
  const slow = await node.sessions.open(token)
  node.clock.advance(1)
  const renewed = await request(node, token)
  node.clock.advance(60_000)
  slow.data.set('slow', true)
  await node.sessions.commit(slow)
  assert.equal(slow.token, renewed.token)
  assert.deepEqual(await dataOf(node, tokenOf(renewed)), { slow: true })
})

test('S-16: a renewal keeps the public id and the absolute timeout', async () => {
  const node = renewingNode()
  const session = await logIn(node)
  const { id } = session
  const createdAt = node.clock()
  node.clock.advance(DUE)
  const renewed = await request(node, tokenOf(session))
  assert.equal(renewed.id, id)
  assert.equal(renewed.state?.createdAt, createdAt)
})

test('a renewal is left out when another request wrote at that moment, and comes with the next request', async () => {
  const node = renewingNode()
  const token = await logInToken(node)
  node.clock.advance(DUE - 1)
  const writer = await node.sessions.open(token)
  node.clock.advance(1)
  const reader = await node.sessions.open(token)
  writer.data.set('a', 1)
  await node.sessions.commit(writer)
  await node.sessions.commit(reader)
  assert.equal(reader.token, token)
  assert.deepEqual((await node.store.list('ann')).length, 1)
  const next = await request(node, token)
  assert.notEqual(next.token, token)
  assert.deepEqual(await dataOf(node, tokenOf(next)), { a: 1 })
})

test('a change after such a left-out renewal overwrites nobody', async () => {
  const node = renewingNode()
  const token = await logInToken(node)
  node.clock.advance(DUE)
  const reader = await node.sessions.open(token)
  await node.store.list('ann')
  const [row] = await node.store.list('ann')
  assert.ok(row)
  const theirs = row.payload.replace('{}', '{"theirs":1}')
  await node.store.write({ ...row, version: row.version + 1, payload: theirs })
  await node.sessions.commit(reader)
  reader.data.set('mine', 1)
  await node.sessions.commit(reader)
  assert.deepEqual(await dataOf(node, tokenOf(reader)), { theirs: 1, mine: 1 })
})

test('visitors and sessions whose response has begun are not renewed', async () => {
  const node = renewingNode()
  const visitor = node.sessions.anonymous()
  visitor.data.set('a', 1)
  await node.sessions.commit(visitor)
  const user = await logInToken(node)
  node.clock.advance(DUE)
  assert.equal((await request(node, tokenOf(visitor))).token, visitor.token)
  const streaming = await node.sessions.open(user)
  streaming.isTokenFixed = true
  await node.sessions.commit(streaming)
  assert.equal(streaming.token, user)
})

test('a renewal that the store fails leaves the session as it was (F-02, T86)', async () => {
  const memory = memoryStore()
  let isDown = false
  const store = spyStore(memory, {
    write: (row) => (isDown ? Promise.reject(new Error('down')) : memory.write(row)),
  })
  const node = createNode({ store, renewal: RENEWAL })
  const token = await logInToken(node)
  node.clock.advance(DUE)
  isDown = true
  assert.equal((await request(node, token)).token, token)
  isDown = false
  assert.notEqual((await request(node, token)).token, token)
})

test('a random source that repeats its salt leaves the renewal out', async () => {
  const memory = memoryStore()
  const store = spyStore(memory, {
    write: (row) => (row.version === 1 && isSecond++ > 0 ? Promise.resolve(false) : memory.write(row)),
  })
  let isSecond = 0
  const node = createNode({ store, renewal: RENEWAL })
  const token = await logInToken(node)
  node.clock.advance(DUE)
  assert.equal((await request(node, token)).token, token)
})

test('revoking by id ends a session together with its renewed tokens', async () => {
  const node = renewingNode()
  const session = await logIn(node)
  const { id } = session
  assert.ok(id)
  node.clock.advance(DUE)
  const renewed = await request(node, tokenOf(session))
  assert.equal(await node.sessions.revoke('ann', id), true)
  assert.equal(await isAlive(node, tokenOf(renewed)), false)
  assert.deepEqual(await node.store.list('ann'), [])
})

test('the row of a renewed token is not listed after its session moved on to a login', async () => {
  const node = renewingNode()
  const token = await logInToken(node)
  node.clock.advance(DUE)
  const renewed = await request(node, token)
  const session = await logIn(node, { session: await node.sessions.open(tokenOf(renewed)) })
  const listed = await node.sessions.list('ann')
  assert.deepEqual(
    listed.map(({ id }) => id),
    [session.id],
  )
})

test('S-13: a renewal that comes after the end of the session finds that out', async () => {
  const node = renewingNode()
  const token = await logInToken(node)
  node.clock.advance(DUE)
  const session = await node.sessions.open(token)
  await node.sessions.revokeAll('ann')
  await node.sessions.commit(session)
  assert.deepEqual([session.token, session.endedElsewhere], [null, true])
  assert.deepEqual(await node.store.list('ann'), [])
})

test('S-17: a renewal whose write the client of the store has sent twice ends no session', async () => {
  const memory = memoryStore()
  const store = spyStore(memory, {
    write: async (row) => {
      const isFirst = await memory.write(row)
      return row.version === 2 ? memory.write(row) : isFirst
    },
  })
  const node = createNode({ store, renewal: RENEWAL })
  const token = await logInToken(node)
  node.clock.advance(DUE)
  const renewed = tokenOf(await request(node, token))
  assert.notEqual(renewed, token)
  node.clock.advance(10_000)
  assert.equal(await isAlive(node, renewed), true)
})

test('a renewal that fails by a fault of the program is no failure of the store, and is not hidden', async () => {
  let isBroken = false
  const random = (size: number) => {
    if (isBroken) throw new TypeError('no dice')
    return randomBytes(size)
  }
  const node = createNode({ renewal: RENEWAL, random })
  const token = await logInToken(node)
  node.clock.advance(DUE)
  isBroken = true
  await assert.rejects(request(node, token), /no dice/)
})
