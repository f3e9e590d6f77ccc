import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNode, errorWith, logIn, request, spyStore, tokenOf } from '../../test/support.ts'
import { memoryStore } from '../stores/memory.ts'
import { MAX_ATTEMPTS } from './engine.ts'

async function namesOf({ sessions }: ReturnType<typeof createNode>, userId: string) {
  return (await sessions.list(userId)).map(({ device }) => device.name ?? null)
}

test('a device has the name that its user gave it, until the name is taken away', async () => {
  const node = createNode()
  const { id } = await logIn(node, { userId: 'ann' })
  assert.ok(id !== null)
  assert.equal(await node.sessions.renameDevice('ann', id, 'kitchen'), true)
  assert.deepEqual(await namesOf(node, 'ann'), ['kitchen'])
  assert.equal(await node.sessions.renameDevice('ann', id, null), true)
  assert.deepEqual(await namesOf(node, 'ann'), [null])
})

test("nobody names a device of another user's, nor one that is logged out", async () => {
  const node = createNode()
  const session = await logIn(node, { userId: 'ann' })
  assert.ok(session.id !== null)
  assert.equal(await node.sessions.renameDevice('bob', session.id, 'mine'), false)
  await node.sessions.end(session, 'logged_out')
  assert.equal(await node.sessions.renameDevice('ann', session.id, 'late'), false)
  assert.deepEqual(await namesOf(node, 'ann'), [])
})

test('a name given while requests write to the session undoes none of their keys', async () => {
  const node = createNode()
  const session = await logIn(node, { userId: 'ann' })
  const { id } = session
  assert.ok(id !== null)
  const inFlight = await node.sessions.open(tokenOf(session))
  inFlight.data.set('cart', 1)
  await node.sessions.renameDevice('ann', id, 'kitchen')
  await node.sessions.commit(inFlight)
  await request(node, tokenOf(session), ({ data }) => assert.deepEqual({ ...data.values }, { cart: 1 }))
  assert.deepEqual(await namesOf(node, 'ann'), ['kitchen'])
})

test('whoever authenticates again keeps the name of the device', async () => {
  const node = createNode()
  const session = await logIn(node, { userId: 'ann' })
  assert.ok(session.id !== null)
  await node.sessions.renameDevice('ann', session.id, 'kitchen')
  await logIn(node, { session: await node.sessions.open(tokenOf(session)), userId: 'ann' })
  assert.deepEqual(await namesOf(node, 'ann'), ['kitchen'])
})

test('a session whose time is over is given no name', async () => {
  const node = createNode({ idleTimeout: '1h' })
  const { id } = await logIn(node, { userId: 'ann' })
  assert.ok(id !== null)
  node.clock.advance(3_600_000)
  assert.equal(await node.sessions.renameDevice('ann', id, 'late'), false)
  assert.deepEqual(
    (await node.store.list('ann')).map(({ version }) => version),
    [1],
  )
})

test('a name is given to the session that is meant, and to no other', async () => {
  const node = createNode()
  const sessions = [await logIn(node), await logIn(node), await logIn(node)]
  const [, second] = sessions
  assert.ok(typeof second?.id === 'string')
  await node.sessions.renameDevice('ann', second.id, 'kitchen')
  const named = (await node.sessions.list('ann')).filter(({ device }) => device.name === 'kitchen')
  assert.deepEqual(
    named.map(({ id }) => id),
    [second.id],
  )
})

test('a name that others overtake a hundred times is a conflict', async () => {
  const memory = memoryStore()
  const store = spyStore(memory, { write: async (row) => row.version === 1 && memory.write(row) })
  const node = createNode({ store })
  const { id } = await logIn(node)
  assert.ok(id !== null)
  store.calls.length = 0
  await assert.rejects(node.sessions.renameDevice('ann', id, 'kitchen'), errorWith('conflict'))
  assert.equal(store.calls.filter((call) => call === 'write').length, MAX_ATTEMPTS)
})
