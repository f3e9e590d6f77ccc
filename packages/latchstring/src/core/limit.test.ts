import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
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

test('S-18: a login that is let in while an earlier one is not through yet leaves it its place in the count', async () => {
  const memory = memoryStore()
  const [reached, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let activations = 0
  const store = spyStore(memory, {
    write: async (row) => {
      if (row.userId !== null && row.version === 2 && activations++ === 0) {
        reached.resolve()
        await held.promise
      }
      return memory.write(row)
    },
  })
  const node = createNode({ store, maxSessionsPerUser: { max: 2, policy: 'deny' } })
  const first = prepareLogin(node)
  const commit = node.sessions.commit(first)
  await reached.promise
  await logIn(node)
  await assert.rejects(logIn(node), errorWith('session_limit'))
  held.resolve()
  await commit
  assert.equal((await node.sessions.list('ann')).length, 2)
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

test('S-18: the token of a login that was not let in yet opens nothing', async () => {
  const memory = memoryStore()
  const made: string[] = []
  const random = (size: number) => {
    const bytes = randomBytes(size)
    made.push(bytes.toString('base64url'))
    return bytes
  }
  const watcher = createNode({ store: memory })
  const opened: boolean[] = []
  const list = async (userId: string) => {
    for (const text of made) opened.push(await isAlive(watcher, text))
    return memory.list(userId)
  }
  const node = createNode({
    store: spyStore(memory, { list }),
    clock: watcher.clock,
    random,
    maxSessionsPerUser: 1,
  })
  const token = await logInToken(node)
  assert.ok(made.includes(token))
  assert.ok(opened.length > 0)
  assert.ok(!opened.includes(true))
})

const RENEWED = {
  renewal: { every: '1m', grace: '10s' },
  maxSessionsPerUser: { max: 1, policy: 'deny' },
} as const

/** A session whose token was renewed, and that a second login then replaced. */
async function replaceRenewed(node: Node): Promise<void> {
  const token = await logInToken(node)
  node.clock.advance(60_000)
  const renewed = await request(node, token)
  await logIn(node, { session: await node.sessions.open(tokenOf(renewed)) })
}

test('S-18: a session that was renewed and then replaced takes no place, and is counted by nobody', async () => {
  const node = createNode(RENEWED)
  await replaceRenewed(node)
  assert.equal(await node.sessions.revokeAll('ann'), 1)
  await logIn(node)
})

test('S-18: if the rows of a replaced session stay behind, they count until the grace period is over', async () => {
  const memory = memoryStore()
  let failsAt = Number.POSITIVE_INFINITY
  const remove = (keys: readonly string[]) =>
    failsAt-- === 0 ? Promise.reject(new Error('down')) : memory.remove(keys)
  const node = createNode({ ...RENEWED, store: spyStore(memory, { remove }) })
  failsAt = 0
  await replaceRenewed(node)
  const [current] = await node.sessions.list('ann')
  await node.sessions.revoke('ann', current?.id ?? '')
  await assert.rejects(logIn(node), errorWith('session_limit'))
  node.clock.advance(10_000)
  await logIn(node)
})

test('S-18: the oldest session is revoked, in whatever order the store lists them', async () => {
  const memory = memoryStore()
  for (const turned of [false, true]) {
    const list = async (userId: string) => {
      const rows = await memory.list(userId)
      return turned ? rows.reverse() : rows
    }
    const node = createNode({ store: spyStore(memory, { list }), maxSessionsPerUser: 3 })
    await node.sessions.revokeAll('ann')
    const tokens: string[] = []
    for (let login = 0; login < 4; login++) {
      node.clock.advance(1_000)
      tokens.push(await logInToken(node))
    }
    const states = await Promise.all(tokens.map((token) => isAlive(node, token)))
    assert.deepEqual(states, [false, true, true, true])
  }
})

test('S-18: whoever was let in is remembered for as long as a session can live', async () => {
  const node = createNode({ maxSessionsPerUser: 1, absoluteTimeout: '1d', rememberTimeout: '30d' })
  await logInToken(node)
  const turnstile = await node.store.read(tokenKey('session limit of ann'))
  assert.equal(turnstile?.expiresAt, node.clock() + 30 * 86_400_000)
  assert.equal(turnstile.userId, null)
})
