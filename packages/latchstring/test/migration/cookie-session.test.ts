import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { createRequire } from 'node:module'
import { type TestContext, test } from 'node:test'
import type { RequestHandler } from 'express'
import { cookieSession, type MigrateOptions } from 'latchstring/migrate'
import { fakeClock } from '../../src/testing/clock.ts'
import { answer, type Browser, setCookiesOf, times } from '../http/client.ts'
import { type Site, startSite } from '../http/server.ts'
import { AFTER_GRACE, browserAt, browserWith, COOKIE, DAY } from './support.ts'

/** It has no types here. */
const realCookieSession: (options: object) => RequestHandler = createRequire(import.meta.url)(
  'cookie-session',
)

const KEYS = ['newest', 'older']
const ANN = { passport: { user: { id: 'ann', username: 'Ann' } }, cart: ['tea'] }

/** A browser in which an application on cookie-session has left these data. */
function oldBrowser(t: TestContext, data: object, options: object = { keys: KEYS }): Promise<Browser> {
  return browserWith(t, realCookieSession(options), data)
}

function startMoved(t: TestContext, options: Partial<MigrateOptions> = {}): Promise<Site> {
  const clock = fakeClock()
  const from = cookieSession({ keys: KEYS })
  const migrate = { from, until: new Date(clock() + 30 * DAY), ...options }
  return startSite(t, { clock, migrate }, (app) => {
    app.get('/session', (req, res) => {
      res.json({ userId: req.session.userId, data: { ...req.session } })
    })
  })
}

test('a session of cookie-session goes on here, and both its cookies are taken away', async (t) => {
  const before = await oldBrowser(t, ANN)
  const { origin } = await startMoved(t)
  const browser = browserAt(origin, before)
  assert.deepEqual([...browser.jar.keys()], ['session', 'session.sig'])
  const reply = await browser.get('/session')
  assert.deepEqual(answer(reply), [200, { userId: 'ann', data: { cart: ['tea'], username: 'Ann' } }])
  assert.deepEqual([...browser.jar.keys()], [COOKIE])
  assert.equal((await browser.get('/protected')).status, 200)
})

test('parallel first requests of one session of cookie-session make one session', async (t) => {
  const before = await oldBrowser(t, ANN)
  const { origin, auth } = await startMoved(t)
  const replies = await times(10, () => browserAt(origin, before).get('/protected'))
  const tokens = replies.flatMap(setCookiesOf).filter(({ name }) => name === COOKIE)
  assert.deepEqual([tokens.length, new Set(tokens.map(({ value }) => value)).size], [10, 1])
  assert.equal((await auth.sessions.list('ann')).length, 1)
})

test('the same cookie is refused after the move, also when nobody is logged in any more', async (t) => {
  const before = await oldBrowser(t, ANN)
  const { origin, clock } = await startMoved(t)
  const [browser, thief] = [browserAt(origin, before), browserAt(origin, before)]
  await browser.get('/protected')
  clock.advance(AFTER_GRACE)
  assert.equal((await thief.copy().get('/protected')).status, 401)
  await browser.post('/logout')
  assert.equal((await thief.get('/protected')).status, 401)
  assert.deepEqual([...thief.jar.keys()], [])
})

test('a log-out everywhere refuses sessions of cookie-session that never moved', async (t) => {
  const [one, other] = [await oldBrowser(t, ANN), await oldBrowser(t, { ...ANN, cart: [] })]
  const { origin, auth } = await startMoved(t)
  await browserAt(origin, one).get('/protected')
  await auth.sessions.revokeAll('ann')
  assert.equal((await browserAt(origin, other).get('/protected')).status, 401)
})

test('old keys, the option secret and another name are known', async (t) => {
  const older = await oldBrowser(t, ANN, { keys: ['older'] })
  const first = await startMoved(t)
  assert.equal((await browserAt(first.origin, older).get('/protected')).status, 200)

  const named = await oldBrowser(t, ANN, { secret: 'one', name: 'shop' })
  const second = await startMoved(t, { from: cookieSession({ secret: 'one', name: 'shop' }) })
  assert.equal((await browserAt(second.origin, named).get('/protected')).status, 200)
})

test('no cookie of cookie-session is believed without its signature, nor one that holds no data', async (t) => {
  const before = await oldBrowser(t, ANN)
  const { origin, auth } = await startMoved(t)
  const value = before.jar.get('session') ?? ''
  const signature = before.jar.get('session.sig') ?? ''
  const sign = (text: string) => createHmac('sha1', 'newest').update(`session=${text}`).digest('base64url')
  const pair = (text: string, signed: string) => `session=${text}; session.sig=${signed}`
  const tooLong = Buffer.from(JSON.stringify({ userId: 1, pad: 'x'.repeat(4_000) })).toString('base64')
  const cookies = [
    `session=${value}`,
    `session.sig=${signature}`,
    pair(value, ''),
    pair(value, signature.slice(1)),
    pair(value, `${signature}A`),
    pair(value, 'A'.repeat(27)),
    pair(value, 'é'.repeat(27)),
    pair(`${value}A`, signature),
    `${pair(value, signature)}; session=x`,
    `${pair(value, signature)}; session.sig=x`,
    ...['', 'bm8', 'bnVsbA==', 'W10=', tooLong].map((text) => pair(text, sign(text))),
  ]
  for (const cookie of cookies) {
    const reply = await browserAt(origin, { jar: new Map() }).get('/protected', { cookie })
    assert.deepEqual([reply.status, setCookiesOf(reply)], [401, []], cookie.slice(0, 80))
  }
  assert.equal((await auth.migration?.stats())?.moved, 0)
  assert.equal((await auth.migration?.stats())?.left, null)
})
