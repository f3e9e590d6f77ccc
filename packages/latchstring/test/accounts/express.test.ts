import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { accounts, type PageOptions } from 'latchstring/accounts'
import { createAuth } from 'latchstring/express'
import { memoryStore } from 'latchstring/stores/memory'
import { memoryUsers } from 'latchstring/users/memory'
import { Browser } from '../http/client.ts'
import { EXPRESS_VERSIONS, listen, newApp, testAuth } from '../http/server.ts'
import { ANNA, isLoggedIn } from './site.ts'

function withAccounts(t: TestContext) {
  return testAuth(t, { accounts: accounts({ users: memoryUsers() }) })
}

for (const { name, express: make } of EXPRESS_VERSIONS) {
  test(`${name}: one line serves accounts, and every other path is the application's`, async (t) => {
    const { auth } = withAccounts(t)
    const app = newApp(make)
    app.use(auth.routes())
    app.get('/', auth.homePage)
    app.get('/protected', auth.authenticate, (req, res) => void res.json({ userId: req.session.userId }))
    app.get('/hello', (_, res) => void res.send('hello'))
    const browser = new Browser(await listen(t, app))
    assert.equal((await browser.post('/signup', ANNA)).status, 201)
    assert.equal(await isLoggedIn(browser), true)
    assert.equal((await browser.get('/hello')).body, 'hello')
    assert.match((await browser.get('/')).body, /<h1>Hello, anna<\/h1>/)
    assert.equal((await browser.get('/nothing')).status, 404)
  })

  test(`${name}: a body that the application has parsed already is read all the same`, async (t) => {
    const { auth } = withAccounts(t)
    const app = newApp(make)
    app.use(make.json(), make.urlencoded({ extended: true }), auth.sessionMiddleware, auth.routes())
    app.get('/protected', auth.authenticate, (_, res) => void res.json({}))
    const browser = new Browser(await listen(t, app))
    assert.equal((await browser.post('/signup', ANNA)).status, 201)
    const form = { email: ANNA.email, password: ANNA.password }
    assert.equal((await browser.send('/login', { method: 'POST', form })).status, 200)
    assert.equal((await browser.post('/login', { ...ANNA, password: { $ne: 1 } })).status, 400)
    assert.equal(await isLoggedIn(browser), true)
  })
}

test('what the application sets on the response stays, and its cookies too', async (t) => {
  const { auth } = withAccounts(t)
  const app = newApp()
  app.use((_, res, next) => {
    res.cookie('mine', '1').set('X-Mine', 'yes')
    next()
  })
  app.use(auth.routes())
  const browser = new Browser(await listen(t, app))
  const reply = await browser.post('/signup', ANNA)
  assert.equal(reply.headers['x-mine'], 'yes')
  const names = (reply.headers['set-cookie'] ?? []).map((cookie) => cookie.split('=')[0])
  assert.deepEqual(names.sort(), ['latchstring', 'latchstring-device', 'mine'])
})

test('the application logs a user of accounts in by itself, with the version that it has read', async (t) => {
  const users = memoryUsers()
  const { auth } = testAuth(t, { accounts: accounts({ users }) })
  const app = newApp()
  app.use(auth.routes())
  app.get('/protected', auth.authenticate, (_, res) => void res.json({}))
  app.post('/magic', async (req, res) => {
    const user = await users.find(1)
    if (user !== null) await auth.generateSession(req, user, { method: 'magic' })
    res.json({})
  })
  const origin = await listen(t, app)
  await new Browser(origin).post('/signup', ANNA)
  const browser = new Browser(origin)
  await browser.post('/magic')
  assert.equal(await isLoggedIn(browser), true)
})

test('production refuses to start without what mails need, and says which option (E-06)', () => {
  const started = (options: object) => () =>
    createAuth({
      production: true,
      store: memoryStore(),
      accounts: accounts({ users: memoryUsers(), ...options }),
    }).close()
  assert.throws(
    started({ mail: async () => {} }),
    /baseUrl takes the origin of this site.*required in production/,
  )
  assert.throws(started({ baseUrl: 'https://app.example' }), /mail is required in production/)
  started({ baseUrl: 'https://app.example', mail: async () => {} })()
})

test('a wrong option of accounts is refused with its name and what it takes', () => {
  const users = memoryUsers()
  const cases: readonly [object, RegExp][] = [
    [{}, /users takes users/],
    [{ users: {} }, /has no method find/],
    [{ users, baseUrl: 'https://app.example/path' }, /baseUrl takes the origin/],
    [{ users, signup: 'closed' }, /signup takes 'open' or 'private'/],
    [{ users, mail: 'smtp://x' }, /mail takes a function/],
    [{ users, appName: '' }, /appName takes a text/],
    [{ users, methods: {} }, /methods takes an array/],
    [{ users, pages: { css: '' } }, /pages has no option "css"/],
    [{ users, colour: 'red' }, /accounts has no option "colour"/],
  ]
  for (const [options, message] of cases)
    assert.throws(() => Reflect.apply(accounts, null, [options]), { code: 'invalid_option', message })
  assert.throws(() => createAuth({ accounts: Object(users) }), /accounts takes accounts\(\{ users \}\)/)
  const mistaken: PageOptions = JSON.parse('{"texts":{"en":{"login":{"title":7}}}}')
  assert.throws(() => createAuth({ accounts: accounts({ users, pages: mistaken }) }), {
    code: 'invalid_option',
    message: 'pages.texts.en.login.title takes a string',
  })
})

test('without accounts, what needs them says so', async (t) => {
  const { auth } = testAuth(t)
  assert.throws(() => auth.routes(), /needs the option accounts/)
  await assert.rejects(auth.disableUser(1), /needs the option accounts/)
  await auth.settled()
})
