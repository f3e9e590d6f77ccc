import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import type { Request, Response } from 'express'
import type { UserId } from 'latchstring/express'
import { answer, Browser, send, setCookiesOf } from './http/client.ts'
import { EXPRESS_VERSIONS, listen, testAuth } from './http/server.ts'

interface User {
  readonly id: UserId
  readonly username: string
  readonly password: string
}

const USERS: readonly User[] = [
  { id: 'u-1', username: 'testuser', password: 'password123' },
  { id: 42, username: 'number', password: 'password123' },
  { id: 9_007_199_254_740_993n, username: 'bigint', password: 'password123' },
]

const CREDENTIALS = { username: 'testuser', password: 'password123' }
const AUTHENTICATED = { message: 'You are authenticated!', userId: 'u-1', username: 'testuser' }
const NOT_AUTHENTICATED = [401, { message: 'Not authenticated' }]

for (const { name, express } of EXPRESS_VERSIONS) {
  /** The program of the tutorial as its readers type it, with a log-out and two other ways to answer. */
  async function startTutorial(t: TestContext): Promise<string> {
    const { sessionMiddleware, generateSession, authenticate, endSession } = testAuth(t).auth
    const app = express()
    app.use(express.json())
    app.use(sessionMiddleware)

    const findUser = (req: Request) =>
      USERS.find(({ username, password }) => username === req.body.username && password === req.body.password)

    app.post('/login', (req: Request, res: Response) => {
      const user = findUser(req)
      if (user === undefined) {
        res.status(401).json({ message: 'Invalid credentials' })
        return
      }
      generateSession(req, user)
      res.json({ message: 'Login successful' })
    })
    app.post('/login/awaited', async (req, res) => {
      const user = findUser(req)
      if (user !== undefined) await generateSession(req, user)
      res.json({ message: 'Login successful' })
    })
    app.post('/login/redirect', (req, res) => {
      const user = findUser(req)
      if (user !== undefined) generateSession(req, user)
      res.redirect('/protected')
    })
    app.post('/logout', (req, res) => {
      endSession(req)
      res.json({ message: 'Logged out' })
    })
    app.get('/protected', authenticate, (req, res) => {
      const { userId, username } = req.session
      res.json({ message: 'You are authenticated!', userId, username })
    })
    app.get('/type', authenticate, (req, res) => {
      const { userId } = req.session
      res.json({ type: typeof userId, text: String(userId) })
    })
    return listen(t, app)
  }

  suite(`the tutorial on ${name}`, () => {
    test('logs in, shows the protected page and logs out', async (t) => {
      const browser = new Browser(await startTutorial(t))
      assert.deepEqual(answer(await browser.get('/protected')), NOT_AUTHENTICATED)

      const login = await browser.post('/login', CREDENTIALS)
      assert.deepEqual(answer(login), [200, { message: 'Login successful' }])
      assert.equal(setCookiesOf(login).length, 1)
      assert.deepEqual(answer(await browser.get('/protected')), [200, AUTHENTICATED])

      assert.deepEqual(answer(await browser.post('/logout')), [200, { message: 'Logged out' }])
      assert.equal(browser.cookie, '')
      assert.deepEqual(answer(await browser.get('/protected')), NOT_AUTHENTICATED)
    })

    test('a wrong password gives no session', async (t) => {
      const browser = new Browser(await startTutorial(t))
      const login = await browser.post('/login', { ...CREDENTIALS, password: 'wrong' })
      assert.deepEqual(answer(login), [401, { message: 'Invalid credentials' }])
      assert.deepEqual(setCookiesOf(login), [])
      assert.deepEqual(answer(await browser.get('/protected')), NOT_AUTHENTICATED)
    })

    test('an async handler may await generateSession', async (t) => {
      const browser = new Browser(await startTutorial(t))
      await browser.post('/login/awaited', CREDENTIALS)
      assert.deepEqual(answer(await browser.get('/protected')), [200, AUTHENTICATED])
    })

    test('a redirect that is followed at once is logged in', async (t) => {
      const browser = new Browser(await startTutorial(t))
      const redirect = await browser.post('/login/redirect', CREDENTIALS)
      assert.equal(redirect.status, 302)
      assert.deepEqual(answer(await browser.get(redirect.headers.location ?? '')), [200, AUTHENTICATED])
    })

    test('the user id keeps the type that the application gave it', async (t) => {
      const origin = await startTutorial(t)
      const seen: unknown[] = []
      for (const { username, password } of USERS) {
        const browser = new Browser(origin)
        await browser.post('/login', { username, password })
        seen.push(answer(await browser.get('/type'))[1])
      }
      const expected = USERS.map(({ id }) => ({ type: typeof id, text: String(id) }))
      assert.deepEqual(seen, expected)
    })

    test('a cookie that nobody was given is not authenticated', async (t) => {
      const origin = await startTutorial(t)
      const headers = { cookie: `latchstring=${'A'.repeat(43)}` }
      assert.deepEqual(answer(await send(origin, '/protected', { headers })), NOT_AUTHENTICATED)
    })
  })
}
