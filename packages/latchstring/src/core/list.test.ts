import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNode, logIn, logInToken, type Node, request, spyStore } from '../../test/support.ts'
import { memoryStore } from '../stores/memory.ts'
import type { Session } from './session.ts'
import type { Row } from './types.ts'

const MINUTE = 60_000

test('S-19: the list shows the session seen last first', async () => {
  const node = createNode()
  const tokens: string[] = []
  for (let login = 0; login < 3; login++) {
    tokens.push(await logInToken(node))
    node.clock.advance(2 * MINUTE)
  }
  await request(node, tokens[1] ?? '')
  const seen = (await node.sessions.list('ann')).map(({ lastSeenAt }) => node.clock() - lastSeenAt)
  assert.deepEqual(seen, [0, 2 * MINUTE, 6 * MINUTE])
})

for (const order of ['oldest', 'newest']) {
  test(`S-19: a session whose token is being replaced is listed once, as its newer row has it, the ${order} row first`, async () => {
    const memory = memoryStore()
    const list = async (userId: string) => {
      const rows = await memory.list(userId)
      return order === 'oldest' ? rows : rows.reverse()
    }
    const node = createNode({ store: spyStore(memory, { list }) })
    const session = await logIn(node)
    node.clock.advance(MINUTE)
    const seen = await listedWhileRotating(node, session)
    assert.deepEqual(seen, [[node.clock()]])
  })
}

/** When each session was last seen, at every moment in which the row before is about to be closed. */
async function listedWhileRotating(
  { store, clock, sessions }: Node,
  { token }: Session,
): Promise<number[][]> {
  const seen: number[][] = []
  const write = async (row: Row) => {
    if (row.expiresAt === 0) seen.push((await sessions.list('ann')).map(({ lastSeenAt }) => lastSeenAt))
    return store.write(row)
  }
  const rotating = createNode({ store: spyStore(store, { write }), clock })
  const session = await rotating.sessions.open(token ?? '')
  const options = { method: null, remember: false, device: { address: null, userAgent: null } }
  rotating.sessions.logIn(session, { id: 'ann' }, options)
  await rotating.sessions.commit(session)
  return seen
}

test('S-15: a session ends when its row says or the timeouts of today do, whichever is first', async () => {
  const node = createNode({ idleTimeout: '30m' })
  await logIn(node)
  for (const [idleTimeout, minutes] of [
    ['10m', 10],
    ['30m', 30],
    ['60m', 30],
  ] as const) {
    const other = createNode({ store: node.store, clock: node.clock, idleTimeout })
    const [listed] = await other.sessions.list('ann')
    assert.equal(listed?.expiresAt, node.clock() + minutes * MINUTE, idleTimeout)
  }
})

test('S-08: a row that cannot be read is no session, and hides none', async () => {
  const node = createNode({ maxSessionsPerUser: { max: 2, policy: 'deny' } })
  await logIn(node)
  const [row] = await node.store.list('ann')
  assert.ok(row)
  await node.store.write({ ...row, key: 'spoiled', version: 1, payload: '{' })
  assert.equal((await node.sessions.list('ann')).length, 1)
  // Nor does it take a place.
  await logIn(node)
  assert.equal((await node.sessions.list('ann')).length, 2)
})
