import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import session, { type Store } from 'express-session'
import { memoryStore } from 'latchstring/stores/memory'
import type { Row } from '../../src/core/types.ts'
import { CookieSigner } from '../../src/http/signedCookie.ts'
import { fakeClock } from '../../src/testing/clock.ts'
import { answer, setCookiesOf, times } from '../http/client.ts'
import { describeWith } from '../servers.ts'
import { spyStore } from '../support.ts'
import {
  AFTER_GRACE,
  browserAt,
  COOKIE,
  DAY,
  OLD_COOKIE,
  OPEN_OLD_STORE,
  oldBrowser,
  rowOf,
  SECRET,
  sidOf,
  startMoved,
  storeRow,
} from './support.ts'

const ANN = { passport: { user: 'ann' }, cart: ['tea'] }

async function moved(t: TestContext, oldStore: Store = new session.MemoryStore()) {
  const before = await oldBrowser(t, oldStore, ANN)
  const site = await startMoved(t, oldStore)
  return {
    oldStore,
    before,
    site,
    browser: browserAt(site.origin, before),
    thief: browserAt(site.origin, before),
  }
}

function movesFrom(name: string, open: (t: TestContext) => Promise<Store>): void {
  suite(`a session in ${name}`, () => {
    test('goes on here: same user, same data, new cookie, no old cookie, no old row', async (t) => {
      const { oldStore, before, site, browser } = await moved(t, await open(t))
      const sid = sidOf(before)
      assert.notEqual(await rowOf(oldStore, sid), null)

      const reply = await browser.get('/session')
      assert.deepEqual(answer(reply), [200, { userId: 'ann', data: { cart: ['tea'] } }])
      const set = setCookiesOf(reply).map(({ name, attributes }) => [name, attributes.get('max-age')])
      assert.deepEqual(set, [
        [OLD_COOKIE, '0'],
        [COOKIE, undefined],
      ])
      assert.equal(await rowOf(oldStore, sid), null)
      assert.deepEqual([...browser.jar.keys()], [COOKIE])
      assert.equal((await browser.get('/protected')).status, 200)
      assert.equal((await site.auth.sessions.list('ann')).length, 1)
    })

    test('is one session here, whichever of ten parallel requests comes first', async (t) => {
      const { oldStore, before, site } = await moved(t, await open(t))
      const replies = await times(10, () => browserAt(site.origin, before).get('/protected'))
      assert.deepEqual([...new Set(replies.map(({ status }) => status))], [200])
      const tokens = replies.flatMap(setCookiesOf).filter(({ name }) => name === COOKIE)
      assert.equal(tokens.length, 10)
      assert.equal(new Set(tokens.map(({ value }) => value)).size, 1)
      assert.equal((await site.auth.sessions.list('ann')).length, 1)
      assert.equal(await rowOf(oldStore, sidOf(before)), null)
      assert.equal((await site.auth.migration?.stats())?.moved, 1)
    })

    test('does not come back by its old cookie, nor by an old row that a late request stored again', async (t) => {
      const { oldStore, before, site, browser, thief } = await moved(t, await open(t))
      const row = await rowOf(oldStore, sidOf(before))
      await browser.get('/protected')
      await storeRow(oldStore, sidOf(before), row)
      site.clock.advance(AFTER_GRACE)
      const replay = await thief.get('/protected')
      assert.equal(replay.status, 401)
      assert.deepEqual(
        setCookiesOf(replay).map(({ name, value }) => [name, value]),
        [[OLD_COOKIE, '']],
      )
      assert.equal(await rowOf(oldStore, sidOf(before)), null)
      assert.equal((await browser.get('/protected')).status, 200)
    })
  })
}

movesFrom('MemoryStore', OPEN_OLD_STORE.MemoryStore)
describeWith('redis', 'Redis', (url) => {
  movesFrom('connect-redis', (t) => OPEN_OLD_STORE['connect-redis'](t, url))
})
describeWith('postgres', 'PostgreSQL', () => {
  movesFrom('connect-pg-simple', OPEN_OLD_STORE['connect-pg-simple'])
})

suite('an old cookie', () => {
  test('leads to the new session for 30 s, so that requests under way arrive', async (t) => {
    const { site, browser, thief } = await moved(t)
    await browser.get('/protected')
    site.clock.advance(AFTER_GRACE - 2)
    const late = await thief.get('/protected')
    assert.equal(late.status, 200)
    assert.equal(thief.jar.get(COOKIE), browser.jar.get(COOKIE))
  })

  test('is refused at once when the new session was logged out', async (t) => {
    const { site, browser, thief } = await moved(t)
    await browser.post('/logout')
    assert.equal((await thief.get('/protected')).status, 401)
    site.clock.advance(AFTER_GRACE)
    assert.equal((await thief.get('/protected')).status, 401)
    assert.deepEqual(await site.auth.sessions.list('ann'), [])
    assert.deepEqual((await site.auth.migration?.stats())?.refused.ended, 1)
  })

  test('is refused after the new session was logged out and its row purged', async (t) => {
    const { oldStore, before, site, browser, thief } = await moved(t)
    const row = await rowOf(oldStore, sidOf(before))
    await browser.get('/protected')
    site.clock.advance(29 * DAY)
    await site.auth.sessions.purge()
    await storeRow(oldStore, sidOf(before), row)
    assert.equal((await thief.get('/protected')).status, 401)
  })

  test('that nobody moved is refused when its user logs out everywhere', async (t) => {
    const oldStore = new session.MemoryStore()
    const one = await oldBrowser(t, oldStore, ANN)
    const other = await oldBrowser(t, oldStore, ANN)
    const site = await startMoved(t, oldStore)
    const browser = browserAt(site.origin, one)
    assert.equal((await browser.get('/protected')).status, 200)
    await site.auth.sessions.revokeAll('ann')
    assert.equal((await browserAt(site.origin, other).get('/protected')).status, 401)
    assert.equal(await rowOf(oldStore, sidOf(other)), null)
    assert.equal((await browser.get('/protected')).status, 401)
  })

  test('that nobody moved is refused when its user logs out everywhere else, for the whole window', async (t) => {
    const oldStore = new session.MemoryStore()
    const [one, other, stranger] = await Promise.all([
      oldBrowser(t, oldStore, ANN),
      oldBrowser(t, oldStore, ANN),
      oldBrowser(t, oldStore, { userId: 'bob' }),
    ])
    const site = await startMoved(t, oldStore)
    const browser = browserAt(site.origin, one)
    await browser.get('/protected')
    const [info] = await site.auth.sessions.list('ann')
    await site.auth.sessions.revokeOthers('ann', info?.id ?? '')
    assert.equal((await browser.get('/protected')).status, 200)
    site.clock.advance(29 * DAY)
    await site.auth.sessions.purge()
    assert.equal((await browserAt(site.origin, other).get('/protected')).status, 401)
    assert.equal((await browserAt(site.origin, stranger).get('/protected')).status, 200)
  })

  test('that nobody moved is refused when all sessions are revoked', async (t) => {
    const oldStore = new session.MemoryStore()
    const before = await oldBrowser(t, oldStore, ANN)
    const site = await startMoved(t, oldStore, { revokedBefore: () => 1 })
    assert.equal((await browserAt(site.origin, before).get('/protected')).status, 401)
  })

  test('may be signed with any of the secrets', async (t) => {
    const oldStore = new session.MemoryStore()
    const before = await oldBrowser(t, oldStore, ANN, { secret: 'older' })
    const site = await startMoved(t, oldStore, { from: { secret: ['newest', SECRET, 'older'] } })
    assert.equal((await browserAt(site.origin, before).get('/protected')).status, 200)
    const stranger = await oldBrowser(t, oldStore, ANN, { secret: 'somebody else' })
    assert.equal((await browserAt(site.origin, stranger).get('/protected')).status, 401)
  })

  test('signed with one secret leads to the session that the other one opened, in every process', async (t) => {
    const oldStore = new session.MemoryStore()
    const store = memoryStore()
    const older = await oldBrowser(t, oldStore, ANN, { secret: 'older' })
    const newer = new CookieSigner([SECRET]).sign(sidOf(older))
    const one = await startMoved(t, oldStore, { store, from: { secret: [SECRET, 'older'] } })
    const behind = await startMoved(t, oldStore, { store, from: { secret: 'older' } })
    const browsers = [
      browserAt(one.origin, older),
      browserAt(one.origin, { jar: new Map([[OLD_COOKIE, encodeURIComponent(newer)]]) }),
      browserAt(behind.origin, older),
    ]
    for (const browser of browsers) assert.equal((await browser.get('/protected')).status, 200)
    assert.equal(new Set(browsers.map(({ jar }) => jar.get(COOKIE))).size, 1)
  })

  test('of another name, path and domain is found and expired', async (t) => {
    const oldStore = new session.MemoryStore()
    const before = await oldBrowser(t, oldStore, ANN, { name: 'shop' })
    const cookie = { path: '/shop', domain: 'example.com' }
    const site = await startMoved(t, oldStore, { from: { name: 'shop', cookie } })
    const reply = await browserAt(site.origin, before).get('/protected')
    assert.equal(reply.status, 200)
    assert.match(
      reply.headers['set-cookie']?.[0] ?? '',
      /^shop=; Path=\/shop; Domain=example\.com; Max-Age=0;/,
    )
  })

  test('counts for nothing once the window is over', async (t) => {
    const oldStore = new session.MemoryStore()
    const before = await oldBrowser(t, oldStore, ANN, { cookie: { maxAge: 90 * DAY } })
    const clock = fakeClock(Date.now())
    const site = await startMoved(t, oldStore, { clock, migrate: { until: new Date(clock() + DAY) } })
    clock.advance(DAY)
    const late = await browserAt(site.origin, before).get('/protected')
    assert.deepEqual([late.status, setCookiesOf(late)], [401, []])
    clock.set(clock() - 1)
    assert.equal((await browserAt(site.origin, before).get('/protected')).status, 200)
  })

  test('with a prefix in its name is expired as browsers ask for it', async (t) => {
    const oldStore = new session.MemoryStore()
    const before = await oldBrowser(t, oldStore, ANN, { name: '__Host-sid' })
    const site = await startMoved(t, oldStore, { from: { name: '__Host-sid' } })
    const reply = await browserAt(site.origin, before).get('/protected')
    assert.match(reply.headers['set-cookie']?.[0] ?? '', /^__Host-sid=; Path=\/; Max-Age=0; .*; Secure$/)
  })

  test('is refused, and ends nothing, when the token has been renewed since', async (t) => {
    const oldStore = new session.MemoryStore()
    const before = await oldBrowser(t, oldStore, ANN)
    const site = await startMoved(t, oldStore, { renewal: { every: '10s', grace: '1s' } })
    const browser = browserAt(site.origin, before)
    await browser.get('/protected')
    site.clock.advance(10_000)
    assert.equal((await browser.get('/protected')).status, 200)
    site.clock.advance(2_000)
    assert.equal((await browserAt(site.origin, before).get('/protected')).status, 401)
    assert.equal((await browser.get('/protected')).status, 200)
  })

  test('leads nowhere when the new session is over, also within the 30 s', async (t) => {
    const oldStore = new session.MemoryStore()
    const before = await oldBrowser(t, oldStore, ANN, { cookie: { maxAge: 10_000 } })
    const site = await startMoved(t, oldStore)
    await browserAt(site.origin, before).get('/protected')
    site.clock.advance(11_000)
    assert.equal((await browserAt(site.origin, before).get('/protected')).status, 401)
    assert.equal((await site.auth.migration?.stats())?.refused.ended, 1)
  })

  test('is refused when its claim cannot be read', async (t) => {
    const rows: Row[] = []
    const inner = memoryStore()
    const write = (row: Row) => {
      rows.push(row)
      return inner.write(row)
    }
    const oldStore = new session.MemoryStore()
    const before = await oldBrowser(t, oldStore, ANN)
    const row = await rowOf(oldStore, sidOf(before))
    const site = await startMoved(t, oldStore, { store: spyStore(inner, { write }) })
    await browserAt(site.origin, before).get('/protected')
    const claim = rows.findLast(({ payload }) => payload.includes('takenOver'))
    assert.ok(claim !== undefined)
    const garbage = [
      '',
      '{}',
      '[]',
      '{"takenOver":1}',
      '{"takenOver":{"salt":1}}',
      '{"takenOver":{"salt":"","key":"","acceptedUntil":"x"}}',
    ]
    for (const [index, payload] of garbage.entries()) {
      await inner.write({ ...claim, version: claim.version + 1 + index, payload })
      await storeRow(oldStore, sidOf(before), row)
      assert.equal((await browserAt(site.origin, before).get('/protected')).status, 401, payload)
    }
  })

  test('is not looked at beside two cookies of ours', async (t) => {
    const { oldStore, before, site } = await moved(t)
    const cookie = `${COOKIE}=${'A'.repeat(43)}; ${COOKIE}=${'B'.repeat(43)}; ${before.cookie}`
    assert.equal((await browserAt(site.origin, before).get('/protected', { cookie })).status, 401)
    assert.notEqual(await rowOf(oldStore, sidOf(before)), null)
  })

  test('is not looked at beside a cookie of ours', async (t) => {
    const { oldStore, before, site } = await moved(t)
    const browser = browserAt(site.origin, before)
    browser.jar.set(COOKIE, 'A'.repeat(43))
    assert.equal((await browser.get('/protected')).status, 401)
    assert.notEqual(await rowOf(oldStore, sidOf(before)), null)
  })
})
