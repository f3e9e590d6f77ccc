import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import flash from 'connect-flash'
import express from 'express'
import { Passport } from 'passport'
import { Strategy } from 'passport-local'
import { answer, Browser, json, setCookiesOf } from './http/client.ts'
import { EXPRESS_VERSIONS, gate, listen, newApp, type TestAuth, testAuth } from './http/server.ts'

declare global {
  namespace Express {
    interface User {
      id: string
    }
  }
}

declare module 'latchstring' {
  interface SessionData {
    draft?: string
  }
}

const COOKIE = 'latchstring'
const CREDENTIALS = { username: 'ann', password: 'correct horse' }
const WRONG = { username: 'ann', password: 'wrong' }

interface PassportSite extends TestAuth {
  readonly browser: Browser
  /** Lets the request to /slow go on, after it has arrived. */
  readonly slow: { arrived: Promise<void>; finish(): void }
}

/** An application of passport and connect-flash as their manuals write it, on sessions of ours. */
async function start(
  t: TestContext,
  { keepSessionInfo = false, make = express } = {},
): Promise<PassportSite> {
  const made = testAuth(t)
  const passport = new Passport()
  passport.use(
    new Strategy((username, password, done) => {
      if (password === CREDENTIALS.password) done(null, { id: username })
      else done(null, false, { message: 'Wrong password' })
    }),
  )
  passport.serializeUser((user, done) => done(null, user.id))
  passport.deserializeUser((id: string, done) => done(null, { id }))

  const app = newApp(make)
  const arrived = gate()
  const released = gate()
  app.use(made.auth.sessionMiddleware, express.json(), flash())
  app.use(passport.initialize(), passport.session())
  app.post('/login', passport.authenticate('local', { keepSessionInfo }), (_, res) => void res.json({}))
  app.post(
    '/login/redirect',
    passport.authenticate('local', {
      successRedirect: '/messages',
      failureRedirect: '/messages',
      successFlash: 'Welcome',
      failureFlash: true,
      keepSessionInfo,
    }),
  )
  app.post('/logout', (req, res, next) => {
    req.logout({ keepSessionInfo }, (error) => (error ? next(error) : res.redirect('/me')))
  })
  app.get('/me', (req, res) => {
    if (req.isAuthenticated()) res.json({ user: req.user })
    else res.status(401).json({})
  })
  app.post('/draft', (req, res) => {
    req.session.draft = 'kept'
    res.json({})
  })
  app.get('/draft', (req, res) => void res.json(req.session.draft ?? null))
  app.post('/flash', (req, res) => {
    req.flash('info', 'once')
    res.redirect('/messages')
  })
  app.get('/messages', (req, res) => void res.json(req.flash()))
  app.post('/slow', async (req, res) => {
    const wasAuthenticated = req.isAuthenticated()
    arrived.open()
    await released.opened
    req.session.draft = 'late'
    res.json({ wasAuthenticated })
  })
  const browser = new Browser(await listen(t, app))
  return { ...made, browser, slow: { arrived: arrived.opened, finish: released.open } }
}

async function isLoggedIn(browser: Browser): Promise<boolean> {
  return (await browser.get('/me')).status === 200
}

for (const { name, express: make } of EXPRESS_VERSIONS) {
  suite(`passport on ${name}`, () => {
    for (const keepSessionInfo of [false, true]) {
      const keeping = keepSessionInfo ? 'keepSessionInfo' : 'no keepSessionInfo'

      test(`logs in and out with ${keeping}`, async (t) => {
        const { browser } = await start(t, { keepSessionInfo, make })
        assert.equal(await isLoggedIn(browser), false)
        assert.equal((await browser.post('/login', WRONG)).status, 401)
        assert.equal(await isLoggedIn(browser), false)
        assert.equal((await browser.post('/login', CREDENTIALS)).status, 200)
        assert.deepEqual(json(await browser.get('/me')), { user: { id: 'ann' } })
        assert.equal((await browser.post('/logout')).status, 302)
        assert.equal(await isLoggedIn(browser), false)
      })

      test(`S-10: a login with ${keeping} changes the token, and the one before is dead`, async (t) => {
        const { browser } = await start(t, { keepSessionInfo, make })
        await browser.post('/draft')
        const planted = browser.copy()
        await browser.post('/login', CREDENTIALS)
        assert.notEqual(browser.jar.get(COOKIE), planted.jar.get(COOKIE))
        assert.equal(await isLoggedIn(planted), false)
        assert.equal(json(await planted.get('/draft')), null)
        assert.equal(json(await browser.get('/draft')), keepSessionInfo ? 'kept' : null)
        assert.equal(await isLoggedIn(browser), true)
      })

      test(`S-12: a log-out with ${keeping} ends the token for everybody`, async (t) => {
        const { browser } = await start(t, { keepSessionInfo, make })
        await browser.post('/login', CREDENTIALS)
        await browser.post('/draft')
        const thief = browser.copy()
        await browser.post('/logout')
        assert.notEqual(browser.jar.get(COOKIE), thief.jar.get(COOKIE))
        assert.equal(json(await thief.get('/draft')), null)
        assert.equal(await isLoggedIn(thief), false)
        assert.equal(json(await browser.get('/draft')), keepSessionInfo ? 'kept' : null)
      })
    }
  })
}

suite('passport', () => {
  test('S-03: a token that nobody was given is not adopted at a login', async (t) => {
    const { browser } = await start(t)
    browser.jar.set(COOKIE, 'A'.repeat(43))
    await browser.post('/login', CREDENTIALS)
    assert.notEqual(browser.jar.get(COOKIE), 'A'.repeat(43))
    assert.equal(await isLoggedIn(browser), true)
  })

  test('a redirect after the login that is followed at once is logged in', async (t) => {
    const { browser } = await start(t)
    const login = await browser.post('/login/redirect', CREDENTIALS)
    assert.deepEqual([login.status, login.headers.location], [302, '/messages'])
    assert.equal(await isLoggedIn(browser), true)
  })

  test('S-25: a user of passport is no user of authenticate, which asks generateSession only', async (t) => {
    const { browser, auth } = await start(t)
    await browser.post('/login', CREDENTIALS)
    assert.deepEqual(await auth.sessions.list('ann'), [])
  })

  test('S-13: a session that was logged out under a slow request never comes back', async (t) => {
    const { browser, slow, events } = await start(t)
    await browser.post('/login', CREDENTIALS)
    const other = browser.copy()
    const witness = browser.copy()
    const late = other.post('/slow')
    await slow.arrived
    await browser.post('/logout')
    slow.finish()
    const reply = await late
    assert.deepEqual(answer(reply), [200, { wasAuthenticated: true }])
    const lifetimes = setCookiesOf(reply).map(({ attributes }) => attributes.get('max-age'))
    assert.deepEqual(lifetimes, ['0'])
    for (const copy of [witness, other, browser]) assert.equal(await isLoggedIn(copy), false)
    assert.ok(events.some(({ type }) => type === 'session.lost_update'))
  })
})

suite('connect-flash', () => {
  test('shows a message once, after a redirect', async (t) => {
    const { browser } = await start(t)
    assert.equal((await browser.post('/flash')).status, 302)
    assert.deepEqual(json(await browser.get('/messages')), { info: ['once'] })
    assert.deepEqual(json(await browser.get('/messages')), {})
  })

  test('shows the message of a failed login once', async (t) => {
    const { browser } = await start(t)
    await browser.post('/login/redirect', WRONG)
    assert.deepEqual(json(await browser.get('/messages')), { error: ['Wrong password'] })
    assert.deepEqual(json(await browser.get('/messages')), {})
  })

  test('shows the message of a successful login once, across the new token', async (t) => {
    const { browser } = await start(t, { keepSessionInfo: true })
    await browser.post('/draft')
    const before = browser.cookie
    await browser.post('/login/redirect', CREDENTIALS)
    assert.notEqual(browser.cookie, before)
    assert.deepEqual(json(await browser.get('/messages')), { success: ['Welcome'] })
    assert.deepEqual(json(await browser.get('/messages')), {})
  })

  test('shows it to a visitor as well who had no session before', async (t) => {
    const { browser } = await start(t, { keepSessionInfo: true })
    await browser.post('/login/redirect', CREDENTIALS)
    assert.deepEqual(json(await browser.get('/messages')), { success: ['Welcome'] })
  })

  test('a message set before a login is shown after it with keepSessionInfo', async (t) => {
    const { browser } = await start(t, { keepSessionInfo: true })
    await browser.post('/flash')
    await browser.post('/login', CREDENTIALS)
    assert.deepEqual(json(await browser.get('/messages')), { info: ['once'] })
  })
})
