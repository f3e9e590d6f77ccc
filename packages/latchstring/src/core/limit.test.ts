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

const DENY = { max: 3, policy: 'deny' } as const

async function alive(node: Node, tokens: readonly string[]): Promise<number> {
  const states = await Promise.all(tokens.map((token) => isAlive(node, token)))
  return states.filter(Boolean).length
}

test('S-18: the login after the last allowed one revokes the oldest session', async () => {
  const node = createNode({ maxSessionsPerUser: 2 })
  const tokens: string[] = []
  for (let login = 0; login < 4; login++) {
    node.clock.advance(1_000)
    tokens.push(await logInToken(node))
  }
  const states = await Promise.all(tokens.map((token) => isAlive(node, token)))
  assert.deepEqual(states, [false, false, true, true])
  assert.equal((await node.sessions.list('ann')).length, 2)
})

test('S-18: with the policy to deny, the login is refused and the others live on', async () => {
  const node = createNode({ maxSessionsPerUser: DENY })
  const tokens = [await logInToken(node), await logInToken(node), await logInToken(node)]
  await assert.rejects(logIn(node), errorWith('session_limit', /3 sessions already/))
  assert.equal(await alive(node, tokens), 3)
  assert.equal((await node.store.list('ann')).length, 3)
  assert.equal(await isAlive(node, await logInToken(node, { userId: 'bob' })), true)
})

test('S-18, T31: of 50 parallel logins over two nodes exactly as many sessions as allowed are alive', async () => {
  for (const maxSessionsPerUser of [3, DENY]) {
    const here = createNode({ maxSessionsPerUser })
    const there = createNode({ store: here.store, clock: here.clock, maxSessionsPerUser })
    const sessions = Array.from({ length: 50 }, (_, index) => prepareLogin(index % 2 === 0 ? here : there))
    const commits = sessions.map((session, index) =>
      (index % 2 === 0 ? here : there).sessions.commit(session),
    )
    await Promise.allSettled(commits)
    const tokens = sessions.flatMap(({ token }) => (token === null ? [] : [token]))
    assert.equal(await alive(here, tokens), 3)
    assert.equal((await here.sessions.list('ann')).length, 3)
  }
})

test('S-18: at no moment more tokens are accepted than allowed', async () => {
  const memory = memoryStore()
  const tokens: string[] = []
  let watcher: Node | null = null
  let most = 0
  const store = spyStore(memory, {
    write: async (row) => {
      const isStored = await memory.write(row)
      if (watcher !== null) most = Math.max(most, await alive(watcher, tokens))
      return isStored
    },
  })
  const node = createNode({ store, maxSessionsPerUser: 3 })
  watcher = createNode({ store: memory, clock: node.clock })
  const logins = Array.from({ length: 20 }, async () => tokens.push(await logInToken(node)))
  await Promise.all(logins)
  assert.equal(await alive(node, tokens), 3)
  assert.ok(most <= 3, `${most} were accepted`)
})

test('S-18: logging in again in the same browser takes the place of the session before', async () => {
  const node = createNode({ maxSessionsPerUser: { max: 1, policy: 'deny' } })
  const first = await logInToken(node)
  const again = await logInToken(node, { session: await node.sessions.open(first) })
  assert.deepEqual([await isAlive(node, first), await isAlive(node, again)], [false, true])
})

test('S-18: expired, renewed and revoked sessions take no place', async () => {
  const node = createNode({ maxSessionsPerUser: DENY, idleTimeout: '1h', renewal: { every: '15m' } })
  await logIn(node)
  node.clock.advance(3_600_000)
  const renewed = await logInToken(node)
  node.clock.advance(15 * 60_000)
  await request(node, renewed)
  const revoked = await logIn(node)
  assert.ok(revoked.id)
  await node.sessions.revoke('ann', revoked.id)
  await logIn(node)
  await logIn(node)
  assert.equal((await node.sessions.list('ann')).length, 3)
})

test('S-18: sessions from before the limit was set count too', async () => {
  const before = createNode()
  const tokens = await Promise.all(Array.from({ length: 5 }, () => logInToken(before)))
  const node = createNode({ store: before.store, clock: before.clock, maxSessionsPerUser: 2 })
  tokens.push(await logInToken(node))
  assert.equal(await alive(node, tokens), 2)
})

test('S-18: a login that crashed after it was let in takes a place, and is the first to make room', async () => {
  const memory = memoryStore()
  let isCrashing = true
  const store = spyStore(memory, {
    write: (row) =>
      isCrashing && row.version === 2 ? Promise.reject(new Error('crash')) : memory.write(row),
    remove: (keys) => (isCrashing ? Promise.reject(new Error('crash')) : memory.remove(keys)),
  })
  const node = createNode({ store, maxSessionsPerUser: { max: 1, policy: 'deny' } })
  await assert.rejects(logIn(node), errorWith('store_unavailable'))
  isCrashing = false
  await assert.rejects(logIn(node), errorWith('session_limit'))
  const other = createNode({ store: memory, clock: node.clock, maxSessionsPerUser: 1 })
  assert.equal(await isAlive(other, await logInToken(other)), true)
  assert.equal((await memory.list('ann')).length, 1)
})

test('a session that is revoked before it is let in is refused', async () => {
  const memory = memoryStore()
  const store = spyStore(memory, {
    write: async (row) => {
      if (row.userId === 'ann' && row.version === 2) await memory.remove([row.key])
      return memory.write(row)
    },
  })
  const node = createNode({ store, maxSessionsPerUser: 3 })
  await assert.rejects(logIn(node), errorWith('conflict', /revoked while it was being made/))
  assert.deepEqual(await memory.list('ann'), [])
})

test('a turnstile that never turns ends in a conflict, not in a hang', async () => {
  const memory = memoryStore()
  const store = spyStore(memory, {
    write: (row) => (row.payload.startsWith('{"admitted"') ? Promise.resolve(false) : memory.write(row)),
  })
  const node = createNode({ store, maxSessionsPerUser: 3 })
  await assert.rejects(logIn(node), errorWith('conflict', /same moment/))
  assert.deepEqual(await memory.list('ann'), [])
})

test('a refused login is reported with its reason, and a revoked session with its', async () => {
  const node = createNode({ maxSessionsPerUser: { max: 1, policy: 'deny' } })
  await logIn(node)
  await assert.rejects(logIn(node))
  assert.deepEqual(typesOf(node.events), ['session.created', 'login.refused'])
  const other = createNode({ store: node.store, clock: node.clock, maxSessionsPerUser: 1 })
  const session = await logIn(other)
  assert.equal(tokenOf(session).length, 43)
  const ended = other.events.find(({ type }) => type === 'session.ended')
  assert.equal(ended && 'reason' in ended && ended.reason, 'session_limit')
})

test('a wrong limit is refused at set-up, with what it takes', () => {
  for (const limit of [
    0,
    -1,
    1.5,
    { max: 0, policy: 'deny' },
    { max: 1 },
    { max: 1, policy: 'x' },
    'three',
  ]) {
    const options = JSON.parse(JSON.stringify({ maxSessionsPerUser: limit }))
    assert.throws(() => createNode(options), errorWith('invalid_option', /maxSessionsPerUser takes/))
  }
})
