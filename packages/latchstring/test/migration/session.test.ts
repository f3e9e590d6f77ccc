import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import session, { type SessionOptions } from 'express-session'
import type { OldValues } from 'latchstring/migrate'
import { memoryStore } from 'latchstring/stores/memory'
import { fakeClock } from '../../src/testing/clock.ts'
import { json, setCookiesOf } from '../http/client.ts'
import { spyStore } from '../support.ts'
import {
  browserAt,
  COOKIE,
  DAY,
  type MovedSiteOptions,
  oldBrowser,
  rowOf,
  sidOf,
  startMoved,
} from './support.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** A browser whose old session holds these data, at the new application. */
async function arrive(
  t: TestContext,
  data: object,
  options: MovedSiteOptions = {},
  old: Partial<SessionOptions> = {},
) {
  const oldStore = new session.MemoryStore()
  const before = await oldBrowser(t, oldStore, data, old)
  const clock = fakeClock(Date.now())
  const site = await startMoved(t, oldStore, { clock, ...options })
  return { ...site, clock, oldStore, sid: sidOf(before), browser: browserAt(site.origin, before) }
}

suite('the life of a session that moved', () => {
  const lives = [
    { name: 'a cookie of 40 minutes', maxAge: 40 * MINUTE, rolling: false, ends: 40 * MINUTE },
    { name: 'a cookie of 20 days', maxAge: 20 * DAY, rolling: false, ends: 20 * DAY },
    { name: 'a cookie of a year', maxAge: 365 * DAY, rolling: false, ends: 30 * DAY },
    { name: 'a rolling cookie of 20 days', maxAge: 20 * DAY, rolling: true, ends: 20 * DAY },
  ]
  for (const { name, maxAge, rolling, ends } of lives) {
    test(`is the rest of ${name}, whatever the activity, and at most ours`, async (t) => {
      const options = { from: { rolling }, migrate: { until: new Date('2099-01-01') } }
      const { clock, browser } = await arrive(t, { userId: 7 }, options, { cookie: { maxAge } })
      const reply = await browser.get('/protected')
      const kept = Number(setCookiesOf(reply).at(-1)?.attributes.get('max-age'))
      // The real clock went on a little since the old cookie was set.
      assert.ok(kept <= ends / 1000 && kept > ends / 1000 - 10, `${kept} s`)
      for (let part = 1; part < 8; part++) {
        clock.advance(ends / 8)
        assert.equal((await browser.get('/protected')).status, 200)
      }
      clock.advance(ends / 8)
      assert.equal((await browser.get('/protected')).status, 401)
    })
  }

  test('is prolonged by each request if that was so before, and no longer than our timeouts allow', async (t) => {
    const old = { cookie: { maxAge: 40 * MINUTE } }
    const { clock, browser, auth } = await arrive(t, { userId: 7 }, { from: { rolling: true } }, old)
    const reply = await browser.get('/protected')
    assert.equal(setCookiesOf(reply).at(-1)?.attributes.get('max-age'), undefined)
    const [info] = await auth.sessions.list(7)
    assert.ok(info !== undefined && info.expiresAt <= clock() + 40 * MINUTE)
    for (let hours = 0; hours < 7 * 24; hours += 12) {
      clock.advance(39 * MINUTE)
      assert.equal((await browser.get('/protected')).status, 200)
      clock.advance(12 * HOUR - 39 * MINUTE - 1)
    }
    clock.advance(HOUR)
    assert.equal((await browser.get('/protected')).status, 401)
  })

  test('ends with the rest of the old one if it is never used', async (t) => {
    const old = { cookie: { maxAge: 40 * MINUTE } }
    const { clock, browser } = await arrive(t, { userId: 7 }, { from: { rolling: true } }, old)
    await browser.get('/protected')
    clock.advance(40 * MINUTE)
    assert.equal((await browser.get('/protected')).status, 401)
  })

  test('is the full length of a rolling cookie, whatever its row says: stores do not write it at each request', async (t) => {
    for (const rolling of [true, false]) {
      const old = { cookie: { maxAge: 40 * MINUTE } }
      const { clock, browser } = await arrive(t, { userId: 7 }, { from: { rolling } }, old)
      clock.advance(HOUR)
      assert.equal((await browser.get('/protected')).status, rolling ? 200 : 401)
      clock.advance(39 * MINUTE)
      assert.equal((await browser.copy().get('/protected')).status, rolling ? 200 : 401)
      clock.advance(12 * HOUR)
      assert.equal((await browser.get('/protected')).status, 401)
    }
  })

  test('is ours, until the browser is closed, after a cookie without an end', async (t) => {
    const { clock, browser } = await arrive(t, { userId: 7 })
    const reply = await browser.get('/protected')
    assert.equal(setCookiesOf(reply).at(-1)?.attributes.get('max-age'), undefined)
    clock.advance(12 * HOUR)
    assert.equal((await browser.get('/protected')).status, 401)
  })

  test('proves nothing: what asks for a recent login asks again', async (t) => {
    const { browser, auth } = await arrive(t, { userId: 7 })
    await browser.get('/protected')
    const [info] = await auth.sessions.list(7)
    assert.deepEqual(info?.authentications, [])
    assert.equal(info?.device.address, '127.0.0.1')
  })
})

suite('the user of a session that moved', () => {
  const users: [string, object, { userId: unknown; data: object }][] = [
    ["passport's, as an id", { passport: { user: 42 } }, { userId: 42, data: {} }],
    [
      "passport's, as an object",
      { passport: { user: { id: 'u-1', username: 'ann' } } },
      { userId: 'u-1', data: { username: 'ann' } },
    ],
    [
      'the userId of the tutorial',
      { userId: 'u-1', username: 'ann' },
      { userId: 'u-1', data: { username: 'ann' } },
    ],
    ['the user of the tutorial', { user: { id: 3 } }, { userId: 3, data: { user: { id: 3 } } }],
    ['the user, by name', { user: 'ann' }, { userId: 'ann', data: { user: 'ann' } }],
    [
      'nobody after a log-out of passport',
      { passport: {}, cart: ['tea'] },
      { userId: null, data: { cart: ['tea'] } },
    ],
    ['nobody for a visitor', { cart: ['tea'] }, { userId: null, data: { cart: ['tea'] } }],
  ]
  for (const [name, data, expected] of users) {
    test(`is ${name}`, async (t) => {
      const { browser } = await arrive(t, data)
      assert.deepEqual(json(await browser.get('/session')), expected)
      assert.deepEqual(json(await browser.get('/session')), expected)
    })
  }

  test('is whom userOf finds, who may look them up and turn them away', async (t) => {
    const userOf = async ({ account }: OldValues) => {
      return typeof account === 'string' ? { id: account, username: account.toUpperCase() } : null
    }
    const found = await arrive(t, { account: 'ann' }, { migrate: { userOf } })
    const expected = { userId: 'ann', data: { account: 'ann', username: 'ANN' } }
    assert.deepEqual(json(await found.browser.get('/session')), expected)
    const turnedAway = await arrive(t, { userId: 'ann' }, { migrate: { userOf } })
    assert.equal((await turnedAway.browser.get('/protected')).status, 401)
    assert.notEqual(await rowOf(turnedAway.oldStore, turnedAway.sid), null)
  })

  test('must be known: else nothing is touched, and one line says what to do', async (t) => {
    for (const user of [{ name: 'ann' }, true, 1.5, ['ann']]) {
      const { browser, oldStore, sid, lines, auth } = await arrive(t, { passport: { user } })
      for (let requests = 0; requests < 2; requests++) {
        const reply = await browser.get('/protected')
        assert.deepEqual([reply.status, setCookiesOf(reply)], [401, []])
      }
      assert.notEqual(await rowOf(oldStore, sid), null)
      assert.deepEqual(
        lines.map((line) => /userOf/.test(line)),
        [true],
      )
      assert.equal((await auth.migration?.stats())?.refused.unknown_user, 2)
    }
  })

  test('is unknown, which is not anonymous, while userOf fails', async (t) => {
    const userOf = () => Promise.reject(new Error('no database'))
    const { browser, oldStore, sid } = await arrive(t, { userId: 1 }, { migrate: { userOf } })
    assert.equal((await browser.get('/protected')).status, 503)
    assert.notEqual(await rowOf(oldStore, sid), null)
  })
})

suite('the data of a session that moved', () => {
  test('leave behind what cannot stand on req.session, and say so', async (t) => {
    const data = {
      userId: 1,
      lastSeenAt: 1,
      createdAt: 1,
      constructor: { a: 1 },
      ok: { constructor: 1 },
      flash: { info: ['hi'] },
    }
    const { browser, events } = await arrive(t, data)
    assert.deepEqual(json(await browser.get('/session')), { userId: 1, data: { flash: { info: ['hi'] } } })
    const [event] = events.filter(({ type }) => type === 'migration.moved')
    assert.ok(event?.type === 'migration.moved')
    assert.deepEqual([...event.dropped].sort(), ['constructor', 'createdAt', 'lastSeenAt', 'ok'])
  })

  test('keep what the first request changes', async (t) => {
    const { browser } = await arrive(t, { userId: 1, cart: ['tea'] })
    await browser.post('/login', { id: 1, username: 'Ann' })
    assert.deepEqual(json(await browser.get('/session')), {
      userId: 1,
      data: { cart: ['tea'], username: 'Ann' },
    })
  })

  test('do not go to another user who logs in with the first request', async (t) => {
    const { browser, auth } = await arrive(t, { userId: 1, cart: ['tea'] })
    await browser.post('/login', { id: 2, username: 'Bob' })
    assert.deepEqual(json(await browser.get('/session')), { userId: 2, data: { username: 'Bob' } })
    assert.deepEqual(await auth.sessions.list(1), [])
  })
})

suite('a session that has nothing in it', () => {
  test('is left alone', async (t) => {
    const store = spyStore(memoryStore())
    const { browser, oldStore, sid } = await arrive(t, {}, { store }, { saveUninitialized: true })
    const reply = await browser.get('/public')
    assert.deepEqual([reply.status, setCookiesOf(reply)], [200, []])
    assert.notEqual(await rowOf(oldStore, sid), null)
    assert.equal(store.calls.includes('write'), false)
  })
})

suite('a dry run', () => {
  test('tells what would move, and writes nothing anywhere', async (t) => {
    const store = spyStore(memoryStore())
    const { browser, oldStore, sid, auth, events } = await arrive(
      t,
      { userId: 1, createdAt: 2 },
      { store, migrate: { dryRun: true } },
    )
    const row = await rowOf(oldStore, sid)
    const reply = await browser.get('/protected')
    assert.deepEqual([reply.status, setCookiesOf(reply)], [401, []])
    await auth.sessions.revokeAll(1)
    assert.deepEqual(await rowOf(oldStore, sid), row)
    assert.equal(store.calls.includes('write'), false)
    const found = events.filter(({ type }) => type.startsWith('migration.'))
    assert.deepEqual(
      found.map(({ at, ...event }) => event),
      [{ type: 'migration.found', userId: '1', dropped: ['createdAt'] }],
    )
    const { moved, found: count, left } = (await auth.migration?.stats()) ?? {}
    assert.deepEqual([moved, count, left], [0, 1, 1])
  })
})

test('a dry run troubles nobody while the old store is down', async (t) => {
  const store = { get: () => Promise.reject(new Error('down')), destroy: () => Promise.resolve() }
  const { browser, events } = await arrive(t, { userId: 1 }, { from: { store }, migrate: { dryRun: true } })
  assert.equal((await browser.get('/protected')).status, 401)
  assert.deepEqual(
    events.map(({ type }) => type),
    ['migration.failed'],
  )
})

test('the counters tell what moved, what was refused and what is left', async (t) => {
  const { browser, auth } = await arrive(t, { userId: 1 })
  const none = { nothing: 0, unknown_user: 0, replayed: 0, ended: 0, revoked: 0 }
  assert.deepEqual(await auth.migration?.stats(), { moved: 0, found: 0, refused: none, left: 1 })
  const stale = browser.copy()
  await browser.get('/protected')
  assert.notEqual(browser.jar.get(COOKIE), undefined)
  await browser.post('/logout')
  await stale.get('/protected')
  assert.deepEqual(await auth.migration?.stats(), {
    moved: 1,
    found: 0,
    refused: { ...none, ended: 1 },
    left: 0,
  })
})

test('a session that moved keeps its end when its token is replaced', async (t) => {
  const options = { renewal: { every: '5m' } } as const
  const { clock, browser } = await arrive(t, { userId: 1 }, options, { cookie: { maxAge: 40 * MINUTE } })
  await browser.get('/protected')
  for (let part = 1; part < 4; part++) {
    clock.advance(10 * MINUTE)
    assert.equal((await browser.get('/protected')).status, 200)
  }
  clock.advance(10 * MINUTE)
  assert.equal((await browser.get('/protected')).status, 401)
})
