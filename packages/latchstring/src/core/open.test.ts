import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createNode,
  dataOf,
  isAlive,
  logIn,
  logInToken,
  request,
  spyStore,
  tokenOf,
  typesOf,
} from '../../test/support.ts'
import { memoryStore } from '../stores/memory.ts'
import { Session } from './session.ts'
import { Sessions } from './sessions.ts'
import type { Row } from './types.ts'

test('S-03: 10,000 unknown tokens open nothing and store nothing', async () => {
  const store = spyStore(memoryStore())
  const node = createNode({ store })
  for (let count = 0; count < 10_000; count++) {
    const session = await node.sessions.open(String(count).padStart(43, 'A'))
    await node.sessions.commit(session)
    assert.equal(session.token, null)
  }
  assert.equal(
    store.calls.every((call) => call === 'read'),
    true,
  )
})

test('S-02, T95: a token that begins like a good one is looked up under a key that does not', async () => {
  const asked: string[] = []
  const memory = memoryStore()
  const read = (key: string) => {
    asked.push(key)
    return memory.read(key)
  }
  const node = createNode({ store: spyStore(memory, { read }) })
  const token = await logInToken(node)
  const [row] = await memory.list('ann')
  for (let right = 0; right < token.length - 1; right++) {
    const changed = token.charAt(right) === 'A' ? 'B' : 'A'
    const session = await node.sessions.open(token.slice(0, right) + changed + token.slice(right + 1))
    assert.equal(session.userId, null)
  }
  assert.equal(new Set(asked).size, token.length - 1)
  for (const key of asked) {
    assert.notEqual(key.slice(0, 8), row?.key.slice(0, 8))
    assert.ok(!key.includes(token.slice(0, 8)) && !key.includes(token.slice(8, 16)))
  }
})

test('a store that has the row at hand keeps no request waiting', async () => {
  const node = createNode()
  const token = await logInToken(node)
  const session = node.sessions.open(token)
  assert.ok(session instanceof Session)
  assert.equal(session.userId, 'ann')
  assert.ok(node.sessions.open('A'.repeat(43)) instanceof Promise === false)
})

test('what goes wrong on the way to an answer at once is a rejection, as if it had come later', async () => {
  const fail = () => {
    throw new Error('no such moment')
  }
  const node = createNode({ revokedBefore: fail })
  const token = await logInToken(node)
  const opening = node.sessions.open(token)
  assert.ok(opening instanceof Promise)
  await assert.rejects(opening, /no such moment/)
})

test('F-10: every request asks the store itself: nothing is remembered between two', async () => {
  const store = spyStore(memoryStore())
  const node = createNode({ store })
  const token = await logInToken(node)
  store.calls.length = 0
  for (let count = 0; count < 3; count++) await node.sessions.open(token)
  assert.deepEqual(store.calls, ['read', 'read', 'read'])
})

test('S-08: a payload that cannot be decoded is no session, and one event each time', async () => {
  const node = createNode()
  const token = await logInToken(node)
  const [row] = await node.store.list('ann')
  assert.ok(row)
  const broken = [
    '',
    'x',
    row.payload.slice(1),
    row.payload.replace('"format":1', '"format":9'),
    '{"__proto__":{"admin":true}}\n{}',
  ]
  let { version } = row
  for (const payload of broken) {
    await node.store.write({ ...row, version: ++version, payload })
    assert.equal(await isAlive(node, token), false, payload)
  }
  assert.equal(typesOf(node.events).filter((type) => type === 'session.unreadable').length, broken.length)
  assert.equal('admin' in {}, false)
})

test('S-08: data that cannot be decoded is empty, while the session goes on', async () => {
  const node = createNode()
  const token = await logInToken(node)
  const [row] = await node.store.list('ann')
  assert.ok(row)
  await node.store.write({
    ...row,
    version: 2,
    payload: row.payload.replace(/\n.*$/, '\n{"__proto__":{"admin":true}}'),
  })
  assert.deepEqual(await dataOf(node, token), {})
  assert.equal(await isAlive(node, token), true)
})

test('S-25: a row whose user was changed in the store, but not in its payload, is no session', async () => {
  const node = createNode()
  const visitor = node.sessions.anonymous()
  visitor.data.set('a', 1)
  await node.sessions.commit(visitor)
  const { stored } = visitor
  assert.ok(stored)
  await node.store.write({ ...stored.row, version: 2, userId: 'admin' })
  const opened = await node.sessions.open(tokenOf(visitor))
  assert.deepEqual([opened.stored, opened.userIdText, opened.userId], [null, null, null])
  assert.equal(typesOf(node.events).at(-1), 'session.unreadable')
})

test('S-08: a row whose user cannot be of the type that its payload says is no session', async () => {
  const node = createNode()
  const token = await logInToken(node)
  const [row] = await node.store.list('ann')
  assert.ok(row)
  let { version } = row
  for (const type of ['number', 'bigint']) {
    const payload = row.payload.replace('"userIdType":"string"', `"userIdType":"${type}"`)
    await node.store.write({ ...row, version: ++version, payload })
    assert.equal((await node.sessions.open(token)).stored, null, type)
    assert.equal(typesOf(node.events).at(-1), 'session.unreadable')
  }
})

test('a user id keeps the type that the application gave it', async () => {
  const node = createNode()
  for (const userId of ['7', 7, 7n]) {
    const token = await logInToken(node, { userId })
    assert.equal((await node.sessions.open(token)).userId, userId)
  }
  assert.equal((await node.sessions.list(7)).length, 3)
})

test('a listener that throws, or fails later, reaches no login', async () => {
  const failing = [() => assert.fail('sink'), () => Promise.reject(new Error('sink'))]
  for (const onEvent of failing) {
    const node = createNode()
    const sessions = new Sessions({ store: node.store, clock: node.clock, onEvent })
    sessions.close()
    const token = tokenOf(await logIn({ ...node, sessions }))
    assert.equal(await isAlive(node, token), true)
  }
})

test('S-23: a cached session is confirmed through its renewals, and is over when the last of them is', async () => {
  const memory = memoryStore()
  const seen = new Map<string, Row | null>()
  const read = async (key: string) => {
    if (!seen.has(key)) seen.set(key, await memory.read(key))
    return seen.get(key) ?? null
  }
  const readFresh = (key: string) => memory.read(key)
  const renewal = { every: '1m' } as const
  const here = createNode({ store: Object.assign(spyStore(memory, { read }), { readFresh }), renewal })
  const there = createNode({ store: memory, clock: here.clock, renewal })
  const token = await logInToken(there)
  await here.sessions.open(token)
  here.clock.advance(60_000)
  const renewed = await request(there, token)
  const cached = await here.sessions.open(token)
  await here.sessions.confirm(cached)
  assert.equal(cached.userId, 'ann')
  await logIn(there, { session: await there.sessions.open(tokenOf(renewed)) })
  await here.sessions.confirm(cached)
  assert.equal(cached.userId, null)
})
