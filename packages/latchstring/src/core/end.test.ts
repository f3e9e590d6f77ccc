import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createNode,
  errorWith,
  isAlive,
  logIn,
  logInToken,
  type Node,
  prepareLogin,
  request,
  spyStore,
  tokenOf,
  typesOf,
} from '../../test/support.ts'
import { memoryStore } from '../stores/memory.ts'
import { tokenKey } from './token.ts'
import type { Row } from './types.ts'

const DUE = 15 * 60_000

/** A store that has no index by user, and says so. */
function unlistedNode(write?: (row: Row, memory: ReturnType<typeof memoryStore>) => Promise<boolean>): Node {
  const memory = memoryStore()
  const list = () => Promise.reject(new Error('no index by user'))
  const around = write === undefined ? { list } : { list, write: (row: Row) => write(row, memory) }
  const store = Object.assign(spyStore(memory, around), { narrowed: ['list'] })
  return createNode({ store, renewal: { every: '15m' } })
}

/** A store whose index lost its entries, as a fail-over of Redis may do. */
function forgetfulNode(): Node {
  return createNode({ store: spyStore(memoryStore(), { list: async () => [] }), renewal: { every: '15m' } })
}

test('S-12, F-10: a log-out ends a session that is missing from the list of its user', async () => {
  const node = forgetfulNode()
  const token = await logInToken(node)
  const [first, second] = [await node.sessions.open(token), await node.sessions.open(token)]
  await node.sessions.end(first, 'logged_out')
  await node.sessions.end(second, 'logged_out')
  assert.equal(await isAlive(node, token), false)
  assert.deepEqual([first.endedElsewhere, second.endedElsewhere], [false, true])
  assert.deepEqual(typesOf(node.events), ['session.created', 'session.ended'])
})

test('S-17: a reused token is worthless afterwards although the list of its user lacks it', async () => {
  const node = forgetfulNode()
  const stolen = await logInToken(node)
  node.clock.advance(DUE)
  await request(node, stolen)
  node.clock.advance(DUE)
  assert.equal(await isAlive(node, stolen), false)
  assert.equal(await node.store.read(tokenKey(stolen)), null)
})

test('a log-out that finds its session in the list asks the store no more than that takes', async () => {
  const store = spyStore(memoryStore())
  const node = createNode({ store })
  const session = await node.sessions.open(await logInToken(node))
  store.calls.length = 0
  await node.sessions.end(session, 'logged_out')
  assert.deepEqual(store.calls, ['list', 'remove', 'list'])
})

test('S-12: without an index by user a log-out ends the session all the same', async () => {
  const node = unlistedNode()
  const token = await logInToken(node)
  await node.sessions.end(await node.sessions.open(token), 'logged_out')
  assert.equal(await isAlive(node, token), false)
  assert.deepEqual(typesOf(node.events), ['session.created', 'session.ended'])
})

test('S-12: without an index by user a log-out follows a renewal that was faster', async () => {
  const node = unlistedNode()
  const token = await logInToken(node)
  const leaving = await node.sessions.open(token)
  node.clock.advance(DUE)
  const renewed = await request(node, token)
  await node.sessions.end(leaving, 'logged_out')
  assert.equal(await isAlive(node, tokenOf(renewed)), false)
  assert.equal(await isAlive(node, token), false)
})

test('without an index by user the second of two log-outs finds nothing to end', async () => {
  const node = unlistedNode()
  const token = await logInToken(node)
  const [first, second] = [await node.sessions.open(token), await node.sessions.open(token)]
  await node.sessions.end(first, 'logged_out')
  await node.sessions.end(second, 'logged_out')
  assert.deepEqual([first.endedElsewhere, second.endedElsewhere], [false, true])
})

test('S-17: without an index by user a reused token ends the session through its successors', async () => {
  const node = unlistedNode()
  const stolen = await logInToken(node)
  node.clock.advance(DUE)
  const renewed = await request(node, stolen)
  node.clock.advance(DUE)
  const again = await request(node, tokenOf(renewed))
  assert.equal(await isAlive(node, stolen), false)
  assert.equal(await isAlive(node, tokenOf(again)), false)
  assert.ok(typesOf(node.events).includes('session.token_reused'))
})

test('F-02: without an index by user a log-out that is refused for ever is an error, not a log-out', async () => {
  const node = unlistedNode((row, memory) =>
    row.expiresAt === 0 ? Promise.resolve(false) : memory.write(row),
  )
  const session = await node.sessions.open(await logInToken(node))
  await assert.rejects(
    node.sessions.end(session, 'logged_out'),
    errorWith('conflict', /while it was being ended/),
  )
})

test('without an index by user the list fails, and does not pretend to be empty', async () => {
  const node = unlistedNode()
  await logIn(node)
  await assert.rejects(node.sessions.list('ann'), errorWith('store_unavailable', /no index by user/))
})

test('what a request stored for a login that waits outlives the end of the session before', async () => {
  const node = createNode()
  const token = await logInToken(node)
  const session = await node.sessions.open(token)
  prepareLogin(node, { session })
  session.data.set('a', 1)
  await node.sessions.revokeAll('ann')
  await node.sessions.confirm(session)
  assert.equal(session.endedElsewhere, true)
  assert.equal(session.data.get('a'), 1)
})

test('whoever has ended a session has none any more, and can still read what was in it', async () => {
  const node = createNode()
  const session = await logIn(node)
  session.data.set('cart', 1)
  await node.sessions.commit(session)
  await node.sessions.end(session, 'logged_out')
  assert.deepEqual(
    [session.id, session.token, session.userId, session.endedElsewhere],
    [null, null, null, false],
  )
  assert.equal(session.data.get('cart'), 1)
})
