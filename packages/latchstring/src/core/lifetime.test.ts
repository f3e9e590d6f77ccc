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
  typesOf,
} from '../../test/support.ts'
import { fakeTimers } from '../testing/clock.ts'
import { Sessions } from './sessions.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

test('S-15: a session is alive one millisecond before its idle timeout and dead at it', async () => {
  const node = createNode({ idleTimeout: '1h' })
  const token = await logInToken(node)
  node.clock.advance(HOUR - 1)
  assert.equal(await isAlive(node, token), true)
  node.clock.advance(1)
  assert.equal(await isAlive(node, token), false)
  assert.deepEqual(typesOf(node.events), ['session.created', 'session.expired'])
})

test('S-15: no session outlives its idle timeout after the last request, however touches are throttled', async () => {
  const node = createNode({ idleTimeout: '10m' })
  for (const gap of [1, 999, 59_999, 60_000, 61_234, 599_999]) {
    const token = await logInToken(node)
    for (let round = 0; round < 5; round++) {
      node.clock.advance(gap)
      await request(node, token)
    }
    node.clock.advance(10 * MINUTE)
    assert.equal(await isAlive(node, token), false, `gap ${gap}`)
  }
})

test('S-15: the idle timeout counts from the beginning of a slow request', async () => {
  const node = createNode({ idleTimeout: '10m' })
  const token = await logInToken(node)
  node.clock.advance(MINUTE)
  const slow = await node.sessions.open(token)
  node.clock.advance(5 * MINUTE)
  await node.sessions.commit(slow)
  node.clock.advance(5 * MINUTE - 1)
  assert.equal(await isAlive(node, token), true)
  node.clock.advance(1)
  assert.equal(await isAlive(node, token), false)
})

test('S-16: continuous traffic does not move the absolute timeout by a millisecond', async () => {
  const node = createNode({ idleTimeout: '12h', absoluteTimeout: '7d' })
  const token = await logInToken(node)
  const end = node.clock() + 7 * DAY
  while (node.clock() < end - HOUR) {
    node.clock.advance(HOUR)
    await request(node, token, ({ data }) => data.set('at', node.clock()))
  }
  node.clock.set(end - 1)
  assert.equal(await isAlive(node, token), true)
  node.clock.set(end)
  assert.equal(await isAlive(node, token), false)
})

test('S-16: a remembered login has no idle timeout, and an absolute one of its own', async () => {
  const node = createNode()
  const token = await logInToken(node, { remember: true })
  node.clock.advance(30 * DAY - 1)
  const session = await node.sessions.open(token)
  assert.equal(session.userId, 'ann')
  assert.equal(node.sessions.remainingLifetime(session), 1)
  node.clock.advance(1)
  assert.equal(await isAlive(node, token), false)
})

test('S-16: a timeout that was shortened counts for the sessions that exist already', async () => {
  const before = createNode({ absoluteTimeout: '7d' })
  const token = await logInToken(before)
  const after = createNode({ ...before, absoluteTimeout: '1h' })
  before.clock.advance(HOUR)
  assert.equal(await isAlive(after, token), false)
})

test('F-11, T94: a node whose clock is five minutes wrong lengthens no session by more than that', async () => {
  const right = createNode({ idleTimeout: '1h' })
  const wrong = createNode({ store: right.store, idleTimeout: '1h' })
  wrong.clock.set(right.clock() + 5 * MINUTE)
  const token = await logInToken(right)
  await request(wrong, token, ({ data }) => data.set('a', 1))
  right.clock.advance(HOUR + 5 * MINUTE - 1)
  assert.equal(await isAlive(right, token), true)
  right.clock.advance(1)
  assert.equal(await isAlive(right, token), false)
})

const WRONG_CLOCKS: Readonly<Record<string, (now: number, start: number) => number>> = {
  'is five minutes slow': (now) => now - 5 * MINUTE,
  'was set back by an hour': (now) => now - HOUR,
  'stands still': (_, start) => start,
}

for (const [name, wrongly] of Object.entries(WRONG_CLOCKS)) {
  test(`F-11, T94: a node whose clock ${name} makes no session live longer on the others`, async () => {
    const right = createNode({ idleTimeout: '1h' })
    const wrong = createNode({ store: right.store, idleTimeout: '1h' })
    const start = right.clock()
    const token = await logInToken(right)
    for (let passed = 0; passed < 59 * MINUTE; passed += MINUTE) {
      right.clock.advance(MINUTE)
      wrong.clock.set(wrongly(right.clock(), start))
      await request(wrong, token, ({ data }) => data.set('passed', passed))
    }
    right.clock.set(start + HOUR + 59 * MINUTE)
    assert.equal(await isAlive(right, token), false)
    const [other, asOldAsCan] = [await logInToken(right), 7 * DAY]
    right.clock.advance(asOldAsCan - 1)
    wrong.clock.set(wrongly(right.clock(), start))
    await request(wrong, other, ({ data }) => data.set('late', true))
    right.clock.advance(1)
    assert.equal(await isAlive(right, other), false)
  })
}

test('F-11, T94: a clock that is set back revives nothing that was ended', async () => {
  const node = createNode({ idleTimeout: '1h' })
  const token = await logInToken(node)
  await node.sessions.revokeAll('ann')
  node.clock.set(node.clock() - HOUR)
  assert.equal(await isAlive(node, token), false)
})

test('F-12: what has expired is refused although nothing purged it, and a purge removes it', async () => {
  const node = createNode({ idleTimeout: '1h' })
  const token = await logInToken(node)
  await logIn(node, { remember: true })
  node.clock.advance(HOUR)
  assert.equal(await isAlive(node, token), false)
  assert.equal((await node.store.list('ann')).length, 2)
  assert.equal(await node.sessions.purge(), 1)
  assert.equal((await node.store.list('ann')).length, 1)
})

test('S-22: everybody is logged out at once by one setting, and new logins are not', async () => {
  let revokedBefore = 0
  const node = createNode({ revokedBefore: () => revokedBefore })
  const tokens = [await logInToken(node), await logInToken(node, { userId: 'bob', remember: true })]
  node.clock.advance(1)
  revokedBefore = node.clock()
  for (const token of tokens) assert.equal(await isAlive(node, token), false)
  assert.deepEqual(await node.sessions.list('bob'), [])
  assert.equal(await isAlive(node, await logInToken(node)), true)
})

test('wrong lifetimes are refused at set-up by the name of the option', () => {
  const wrong = [
    [{ idleTimeout: 0 }, /^idleTimeout takes/],
    [{ absoluteTimeout: -1 }, /^absoluteTimeout takes/],
    [{ rememberTimeout: Number.NaN }, /^rememberTimeout takes/],
    [{ storeTimeout: 1.5 }, /^storeTimeout takes/],
    [{ purgeEvery: 0 }, /^purgeEvery takes/],
    [{ renewal: { every: 0 } }, /^renewal\.every takes/],
    [{ renewal: { every: '1h', grace: '31s' } }, /^renewal\.grace takes at most 30s/],
    [{ renewal: { every: '10s', grace: '6s' } }, /^renewal\.every takes at least twice/],
  ] as const
  for (const [options, message] of wrong)
    assert.throws(() => createNode(options), errorWith('invalid_option', message))
})

test('what remains of a session that was never stored is nothing', () => {
  const node = createNode()
  assert.equal(node.sessions.remainingLifetime(node.sessions.anonymous()), 0)
})

test('the purge runs regularly by itself until it is closed', async () => {
  const node = createNode()
  const purges: number[] = []
  const store = spyStore(node.store, { purge: async (now) => purges.push(now) })
  const sessions = new Sessions({
    store,
    clock: node.clock,
    timers: fakeTimers(node.clock),
    purgeEvery: '10m',
  })
  node.clock.advance(30 * MINUTE)
  sessions.close()
  node.clock.advance(30 * MINUTE)
  assert.equal(purges.length, 3)
})

test('a store that drops what has expired by itself is purged only if somebody says how often', async () => {
  const node = createNode()
  const timers = fakeTimers(node.clock)
  const purges: string[] = []
  const purgedBy = (name: string) => {
    const purge = async () => purges.push(name)
    return {
      clock: node.clock,
      timers,
      store: Object.assign(spyStore(node.store, { purge }), { dropsExpired: true }),
    }
  }
  const asked = new Sessions({ ...purgedBy('asked'), purgeEvery: '1h' })
  const unasked = new Sessions(purgedBy('unasked'))
  node.clock.advance(60 * MINUTE)
  assert.deepEqual(purges, ['asked'])
  await unasked.purge()
  assert.deepEqual(purges, ['asked', 'unasked'])
  for (const sessions of [asked, unasked]) sessions.close()
})

test('S-15: a slow request that ends after a later one does not set back when the user was last seen', async () => {
  const node = createNode({ idleTimeout: '1h' })
  const token = await logInToken(node)
  const slow = await node.sessions.open(token)
  node.clock.advance(30 * MINUTE)
  const seen = node.clock()
  await request(node, token)
  slow.data.set('slow', true)
  await node.sessions.commit(slow)
  assert.equal((await node.sessions.open(token)).state?.lastSeenAt, seen)
})
