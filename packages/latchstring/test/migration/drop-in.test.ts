import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import session, { type Store } from 'express-session'
import dropIn, { MemoryStore, type SessionOptions } from 'latchstring/express-session'
import { CookieSigner } from '../../src/http/signedCookie.ts'
import { answer, type Browser, json, setCookiesOf, times } from '../http/client.ts'
import { describeWith } from '../servers.ts'
import {
  AFTER_GRACE,
  browserAt,
  browserWith,
  COOKIE,
  DAY,
  idsIn,
  OLD_COOKIE,
  OPEN_OLD_STORE,
  SECRET,
  startMoved,
} from './support.ts'

const ANN = { passport: { user: 'ann' }, cart: ['tea'] }

/** A browser in which an application on the drop-in has left a session with these data. */
function dropInBrowser(t: TestContext, store: object, options: SessionOptions = {}): Promise<Browser> {
  const middleware = dropIn(Object({ secret: SECRET, store, warn: () => {}, ...options }))
  return browserWith(t, middleware, ANN)
}

function movesFrom(name: string, open: (t: TestContext) => Promise<Store>): void {
  suite(`a session that the drop-in keeps in ${name}`, () => {
    for (const ids of ['hashed', 'raw'] as const) {
      test(`goes on here, with ${ids} ids, and is one session for ten parallel requests`, async (t) => {
        const store = await open(t)
        const before = await dropInBrowser(t, store, { ids, cookie: { maxAge: 20 * DAY } })
        const { origin, auth } = await startMoved(t, store)
        const replies = await times(10, () => browserAt(origin, before).get('/session'))
        for (const reply of replies)
          assert.deepEqual(answer(reply), [200, { userId: 'ann', data: { cart: ['tea'] } }])
        const tokens = replies.flatMap(setCookiesOf).filter(({ name: set }) => set === COOKIE)
        assert.deepEqual([tokens.length, new Set(tokens.map(({ value }) => value)).size], [10, 1])
        assert.equal((await auth.sessions.list('ann')).length, 1)
        assert.equal((await auth.migration?.stats())?.moved, 1)
        assert.equal(await isEmpty(store), true)
      })
    }
  })
}

movesFrom('MemoryStore', OPEN_OLD_STORE.MemoryStore)
describeWith('redis', 'Redis', (url) => {
  movesFrom('connect-redis', (t) => OPEN_OLD_STORE['connect-redis'](t, url))
})

/** Some stores cannot list: there the counter and the claim tell. */
async function isEmpty(store: Store): Promise<boolean> {
  return store.all === undefined || (await idsIn(store)).length === 0
}

test('a session of the drop-in without maxAge becomes one of the browser, whatever its row says of its end', async (t) => {
  const store = new MemoryStore()
  const before = await dropInBrowser(t, store)
  const { origin, clock } = await startMoved(t, Object(store))
  clock.advance(2 * DAY)
  const browser = browserAt(origin, before)
  const reply = await browser.get('/protected')
  assert.equal(reply.status, 200)
  assert.equal(setCookiesOf(reply).at(-1)?.attributes.get('max-age'), undefined)
})

test('an old cookie of the drop-in is refused after the move', async (t) => {
  const store = new MemoryStore()
  const before = await dropInBrowser(t, store)
  const { origin, clock } = await startMoved(t, Object(store))
  const thief = browserAt(origin, before)
  await browserAt(origin, before).get('/protected')
  clock.advance(AFTER_GRACE)
  assert.equal((await thief.get('/protected')).status, 401)
})

test('a copied key of the drop-in, signed with a copied secret, moves nothing', async (t) => {
  const store = new MemoryStore()
  await dropInBrowser(t, store)
  const [key = ''] = Object.keys(store.sessions)
  const { origin } = await startMoved(t, Object(store))
  const forged = encodeURIComponent(new CookieSigner([SECRET]).sign(key))
  const reply = await browserAt(origin, { jar: new Map([[OLD_COOKIE, forged]]) }).get('/protected')
  assert.equal(reply.status, 401)
  assert.deepEqual(Object.keys(store.sessions), [key])
})

test('an id of the length of such a key that express-session has stored moves', async (t) => {
  const store = new session.MemoryStore()
  const id = 'A'.repeat(43)
  store.set(id, Object({ cookie: { originalMaxAge: null }, userId: 7 }))
  const { origin } = await startMoved(t, store)
  const signed = encodeURIComponent(new CookieSigner([SECRET]).sign(id))
  const browser = browserAt(origin, { jar: new Map([[OLD_COOKIE, signed]]) })
  assert.deepEqual(json(await browser.get('/session')), { userId: 7, data: {} })
})
