import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createNode,
  dataOf,
  errorWith,
  isAlive,
  logIn,
  logInToken,
  prepareLogin,
  request,
  spyStore,
  tokenOf,
  typesOf,
} from '../../test/support.ts'
import { memoryStore } from '../stores/memory.ts'
import { MAX_ATTEMPTS } from './engine.ts'
import { systemRandom } from './random.ts'
import type { Session } from './session.ts'
import type { Row } from './types.ts'

async function visitorWithCart(node: ReturnType<typeof createNode>) {
  const visitor = node.sessions.anonymous()
  visitor.data.set('cart', ['apple'])
  await node.sessions.commit(visitor)
  return visitor
}

test('S-10: a login makes a new token, ends the one presented, and takes the data along', async () => {
  const node = createNode()
  const visitor = await visitorWithCart(node)
  const before = tokenOf(visitor)
  const session = await logIn(node, { session: await node.sessions.open(before) })
  assert.notEqual(session.token, before)
  assert.deepEqual(await dataOf(node, before), {})
  assert.deepEqual(await dataOf(node, tokenOf(session)), { cart: ['apple'] })
})

test('S-10: the data of one user never reaches another who logs in after them', async () => {
  const node = createNode()
  const token = await logInToken(node, { userId: 'ann' })
  await request(node, token, ({ data }) => data.set('secret', 'of ann'))
  const bob = await logIn(node, { session: await node.sessions.open(token), userId: 'bob' })
  assert.deepEqual(await dataOf(node, tokenOf(bob)), {})
  assert.equal(bob.userId, 'bob')
  assert.deepEqual(await node.sessions.list('ann'), [])
})

test('S-16: a second login of the same user is a new session with a new absolute timeout', async () => {
  const node = createNode({ absoluteTimeout: '10h' })
  const first = await logIn(node)
  const firstId = first.id
  node.clock.advance(3_600_000)
  const second = await logIn(node, { session: await node.sessions.open(tokenOf(first)), method: 'totp' })
  assert.notEqual(second.id, firstId)
  assert.equal(second.state?.createdAt, node.clock())
  assert.deepEqual(second.authentications, [
    { method: 'password', at: node.clock() - 3_600_000 },
    { method: 'totp', at: node.clock() },
  ])
})

test('S-23: the authentications of one user are never counted for another', async () => {
  const node = createNode()
  const ann = await logIn(node, { method: 'passkey' })
  const bob = await logIn(node, { session: await node.sessions.open(tokenOf(ann)), userId: 'bob' })
  assert.deepEqual(
    bob.authentications.map(({ method }) => method),
    ['password'],
  )
})

test('a login keeps what another request wrote to the old session meanwhile', async () => {
  const node = createNode()
  const before = tokenOf(await visitorWithCart(node))
  const session = await node.sessions.open(before)
  session.data.set('mine', 1)
  await request(node, before, ({ data }) => data.set('theirs', 1))
  await logIn(node, { session })
  assert.deepEqual(await dataOf(node, tokenOf(session)), { cart: ['apple'], theirs: 1, mine: 1 })
  assert.deepEqual(await dataOf(node, before), {})
})

test('a login of another user takes along only what the request itself wrote after it', async () => {
  const node = createNode()
  const before = await logInToken(node, { userId: 'ann' })
  const session = await node.sessions.open(before)
  await request(node, before, ({ data }) => data.set('secret', 'of ann'))
  prepareLogin(node, { session, userId: 'bob' })
  session.data.set('welcome', true)
  await node.sessions.commit(session)
  assert.deepEqual(await dataOf(node, tokenOf(session)), { welcome: true })
})

test('a login goes on when the session before it ended meanwhile', async () => {
  const node = createNode()
  const before = await logInToken(node)
  const session = await node.sessions.open(before)
  await node.sessions.revokeAll('ann')
  await logIn(node, { session })
  assert.equal(await isAlive(node, before), false)
  assert.equal(await isAlive(node, tokenOf(session)), true)
})

test('a login follows a renewal of the old session and ends its successor', async () => {
  const node = createNode({ renewal: { every: '1m' } })
  const before = await logInToken(node)
  const session = await node.sessions.open(before)
  node.clock.advance(60_000)
  const renewed = await request(node, before, ({ data }) => data.set('theirs', 1))
  await logIn(node, { session })
  assert.equal(await isAlive(node, tokenOf(renewed)), false)
  assert.equal(await isAlive(node, before), false)
  assert.deepEqual(await dataOf(node, tokenOf(session)), { theirs: 1 })
})

test('a login that starts from nothing costs one store call, and one from a session three', async () => {
  const store = spyStore(memoryStore())
  const node = createNode({ store })
  const token = await logInToken(node)
  assert.deepEqual(store.calls, ['write'])
  store.calls.length = 0
  await logIn(node, { session: await node.sessions.open(token) })
  assert.deepEqual(store.calls, ['read', 'write', 'write'])
})

test('S-04: a token that exists already is never overwritten: the next login gets another one', async () => {
  let repeats = 0
  const fixed = Buffer.alloc(32, 7)
  const node = createNode({ random: (size) => (size === 32 && repeats++ < 2 ? fixed : systemRandom(size)) })
  const ann = await logIn(node, { userId: 'ann' })
  const bob = await logIn(node, { userId: 'bob' })
  assert.equal((await node.sessions.open(tokenOf(ann))).userId, 'ann')
  assert.equal((await node.sessions.open(tokenOf(bob))).userId, 'bob')
})

test('S-04: a random source that only repeats itself makes the login fail', async () => {
  const node = createNode({ random: (size) => Buffer.alloc(size, 7) })
  const ann = await logIn(node, { userId: 'ann' })
  await assert.rejects(logIn(node, { userId: 'bob' }), errorWith('conflict', /repeats itself/))
  assert.equal((await node.sessions.open(tokenOf(ann))).userId, 'ann')
})

test('a login verified just before a password change does not survive it', async () => {
  let version = 1
  const node = createNode({ credentialVersion: async () => version })
  const previous = await visitorWithCart(node)
  const session = await node.sessions.open(tokenOf(previous))
  prepareLogin(node, { session, credentialVersion: version })
  version = 2
  await assert.rejects(node.sessions.commit(session), errorWith('credential_changed'))
  assert.deepEqual(await node.sessions.list('ann'), [])
  assert.ok(typesOf(node.events).includes('login.refused'))
  assert.deepEqual(await dataOf(node, tokenOf(previous)), { cart: ['apple'] })
})

test('a password change that begins while the login is being stored ends the login', async () => {
  let version = 1
  const memory = memoryStore()
  const store = spyStore(memory, {
    write: async (row) => {
      const isStored = await memory.write(row)
      version = 2
      return isStored
    },
  })
  const node = createNode({ store, credentialVersion: async () => version })
  await assert.rejects(logIn(node, { credentialVersion: 1 }), errorWith('credential_changed'))
  assert.deepEqual(await node.sessions.list('ann'), [])
})

test('a login whose credential version is still current is stored', async () => {
  const seen: unknown[] = []
  const node = createNode({ credentialVersion: async (id) => seen.push(id) && '7' })
  const token = await logInToken(node, { userId: 42, credentialVersion: 7 })
  assert.equal(await isAlive(node, token), true)
  assert.deepEqual(seen, [42])
})

test('a login without the credential version that was verified is refused at once', () => {
  const node = createNode({ credentialVersion: async () => 1 })
  assert.throws(() => prepareLogin(node), errorWith('invalid_argument', /credentialVersion/))
})

test('F-01: a credential version that cannot be read stores no login', async () => {
  const node = createNode({ credentialVersion: () => Promise.reject(new Error('down')) })
  await assert.rejects(logIn(node, { credentialVersion: 1 }), errorWith('store_unavailable'))
  assert.deepEqual(await node.sessions.list('ann'), [])
})

test('F-02, T86: a store that fails at any call of a login leaves either the old session or nothing new behind', async () => {
  for (let failing = 0; failing < 3; failing++) {
    const memory = memoryStore()
    let call = Number.NEGATIVE_INFINITY
    const store = spyStore(memory, {
      write: (row) => (call++ === failing ? Promise.reject(new Error('down')) : memory.write(row)),
    })
    const node = createNode({ store })
    const before = tokenOf(await visitorWithCart(node))
    const session = await node.sessions.open(before)
    call = 0
    const outcome = await logIn(node, { session }).then(
      () => 'stored',
      () => 'failed',
    )
    const living = await node.sessions.list('ann')
    assert.equal(living.length, outcome === 'stored' ? 1 : 0)
    assert.deepEqual(await dataOf(node, before), outcome === 'stored' ? {} : { cart: ['apple'] })
  }
})

test('a login that is revoked while it takes data over is refused', async () => {
  const memory = memoryStore()
  let isLoggingIn = false
  const store = spyStore(memory, {
    write: async (row) => {
      if (isLoggingIn && row.version === 2 && row.payload !== '') await memory.remove([row.key])
      return memory.write(row)
    },
  })
  const node = createNode({ store })
  const before = tokenOf(await visitorWithCart(node))
  const session = await node.sessions.open(before)
  await request(node, before, ({ data }) => data.set('theirs', 1))
  isLoggingIn = true
  await assert.rejects(logIn(node, { session }), errorWith('conflict', /revoked/))
  assert.deepEqual(await node.sessions.list('ann'), [])
})

test('a login whose old session keeps changing ends in a conflict, not in a hang', async () => {
  const memory = memoryStore()
  const store = spyStore(memory, {
    write: (row) => (row.expiresAt === 0 ? Promise.resolve(false) : memory.write(row)),
  })
  const node = createNode({ store })
  const session = await node.sessions.open(tokenOf(await visitorWithCart(node)))
  await assert.rejects(logIn(node, { session }), errorWith('conflict', /too often/))
  assert.deepEqual(await node.sessions.list('ann'), [])
})

test('S-16, S-23: a session that goes on under a new token is no younger, and nobody has authenticated', async () => {
  const node = createNode()
  const before = await logIn(node, { userId: 'ann' })
  const token = tokenOf(before)
  node.clock.advance(60_000)
  await request(node, token)
  node.clock.advance(60_000)
  const session = await node.sessions.open(token)
  const device = { address: null, userAgent: null }
  node.sessions.logIn(session, { id: 'ann' }, { method: null, remember: false, device })
  await node.sessions.commit(session)
  assert.notEqual(session.token, token)
  assert.equal(await isAlive(node, token), false)
  assert.equal(session.id, before.id)
  assert.equal(session.state?.createdAt, before.state?.createdAt)
  assert.deepEqual(session.authentications, before.authentications)
  assert.equal(typesOf(node.events).at(-1), 'session.renewed')
})

test('nobody gets a session without a login method', () => {
  const node = createNode()
  const device = { address: null, userAgent: null }
  const options = { method: null, remember: false, device }
  assert.throws(
    () => node.sessions.logIn(node.sessions.anonymous(), { id: 'ann' }, options),
    errorWith('invalid_argument'),
  )
})

test('a login of two factors is recorded with both', async () => {
  const node = createNode()
  const session = node.sessions.anonymous()
  const options = {
    firstFactor: 'password',
    method: 'totp',
    remember: false,
    device: { address: null, userAgent: null },
  }
  node.sessions.logIn(session, { id: 'ann' }, options)
  await node.sessions.commit(session)
  assert.deepEqual(
    session.authentications.map(({ method }) => method),
    ['password', 'totp'],
  )
})

/** Asks for a new token for the session of this request. */
function prepareRotation({ sessions }: ReturnType<typeof createNode>, session: Session): Session {
  const device = { address: null, userAgent: null }
  sessions.logIn(session, { id: 'ann' }, { method: null, remember: false, device })
  return session
}

test('S-13: a rotation that is on its way brings no session back that was revoked meanwhile', async () => {
  for (const maxSessionsPerUser of [undefined, 2]) {
    const node = createNode(maxSessionsPerUser === undefined ? {} : { maxSessionsPerUser })
    const session = await node.sessions.open(await logInToken(node))
    prepareRotation(node, session).data.set('late', true)
    await node.sessions.revokeAll('ann')
    await node.sessions.commit(session)
    assert.equal(session.userId, null)
    assert.equal(session.endedElsewhere, true)
    assert.deepEqual(await node.store.list('ann'), [])
    assert.equal(typesOf(node.events).at(-1), 'session.lost_update')
  }
})

test('S-13: a rotation brings no session back whose time was over meanwhile', async () => {
  const node = createNode({ idleTimeout: '1h' })
  const session = await node.sessions.open(await logInToken(node))
  prepareRotation(node, session)
  node.clock.advance(3_600_000)
  await node.sessions.commit(session)
  assert.equal(session.userId, null)
  assert.deepEqual(await node.sessions.list('ann'), [])
})

test('S-13: a log-out misses no session that is rotated while its rows are listed', async () => {
  const memory = memoryStore()
  const other = createNode({ store: memory })
  let rotate = async () => {}
  /** As in Redis: who owns what, and then the rows. */
  const list = async (userId: string) => {
    const keys = (await memory.list(userId)).map(({ key }) => key)
    await rotate()
    const rows = await Promise.all(keys.map((key) => memory.read(key)))
    return rows.filter((row) => row !== null).filter((row) => row.userId === userId)
  }
  const node = createNode({ store: spyStore(memory, { list }), clock: other.clock })
  const token = await logInToken(other)
  const rotated = prepareRotation(other, await other.sessions.open(token))
  rotate = async () => {
    rotate = async () => {}
    await other.sessions.commit(rotated)
    await other.sessions.purge()
  }
  await node.sessions.end(await node.sessions.open(token), 'logged_out')
  assert.equal(await isAlive(other, tokenOf(rotated)), false)
  assert.deepEqual(await other.sessions.list('ann'), [])
})

test('S-10: a login ends the session before it also when another request has rotated that one', async () => {
  const node = createNode()
  const token = await logInToken(node)
  const session = await node.sessions.open(token)
  const rotated = prepareRotation(node, await node.sessions.open(token))
  await node.sessions.commit(rotated)
  await logIn(node, { session })
  assert.equal(await isAlive(node, tokenOf(rotated)), false)
  assert.deepEqual(
    (await node.sessions.list('ann')).map(({ id }) => id),
    [session.id],
  )
})

test('a rotation is not reported as the end of its session', async () => {
  const node = createNode()
  const session = await node.sessions.open(await logInToken(node))
  await node.sessions.commit(prepareRotation(node, session))
  assert.deepEqual(typesOf(node.events), ['session.created', 'session.renewed'])
})

test('S-10: the data of one user never reaches another who logs in twice in one request', async () => {
  const node = createNode()
  const token = await logInToken(node, { userId: 'ann' })
  const session = await node.sessions.open(token)
  prepareLogin(node, { session, userId: 'bob' }).data.set('mine', 1)
  prepareLogin(node, { session, userId: 'bob' })
  await request(node, token, ({ data }) => data.set('secret', 'of ann'))
  await node.sessions.commit(session)
  assert.deepEqual(await dataOf(node, tokenOf(session)), { mine: 1 })
})

test('S-23: of one method the newest authentication counts, and it stands last', async () => {
  const node = createNode()
  const first = await logIn(node, { method: 'password' })
  node.clock.advance(1_000)
  const second = await logIn(node, { session: first, method: 'code' })
  node.clock.advance(1_000)
  const third = await logIn(node, { session: second, method: 'password' })
  assert.deepEqual(third.authentications, [
    { method: 'code', at: node.clock() - 1_000 },
    { method: 'password', at: node.clock() },
  ])
})

test('F-05: a login over a session reports its end, and a refused login its reason', async () => {
  const node = createNode({ credentialVersion: async () => 2 })
  const first = await logIn(node, { credentialVersion: 2 })
  const before = first.id
  node.events.length = 0
  await logIn(node, { session: first, credentialVersion: 2 })
  const ended = node.events.find(({ type }) => type === 'session.ended')
  const expected = { type: 'session.ended', at: node.clock(), sessionId: before, userId: 'ann' }
  assert.deepEqual(ended, { ...expected, reason: 'replaced' })
  await assert.rejects(logIn(node, { credentialVersion: 1 }), errorWith('credential_changed'))
  const refusal = { type: 'login.refused', at: node.clock(), userId: 'ann', reason: 'credential_changed' }
  assert.deepEqual(node.events.at(-1), refusal)
})

test('S-10: a login whose session before is changed by others a hundred times is refused, and leaves nothing', async () => {
  const memory = memoryStore()
  let closings = 0
  const write = async (row: Row) => {
    if (row.expiresAt > 0) return memory.write(row)
    closings++
    return false
  }
  const node = createNode({ store: spyStore(memory, { write }) })
  const session = await logIn(node)
  await assert.rejects(logIn(node, { session }), errorWith('conflict', /before the login/))
  assert.equal(closings, MAX_ATTEMPTS)
  assert.equal((await memory.list('ann')).length, 1)
})
