import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import express from 'express'
import { accounts } from 'latchstring/accounts'
import { createAuth, type Store } from 'latchstring/express'
import { memoryStore } from 'latchstring/stores/memory'
import { memoryUsers } from 'latchstring/users/memory'
import { ANNA, BERT, codeOf, isLoggedIn, logIn, PAGE, startAccounts } from '../accounts/site.ts'
import { answer, Browser, json } from '../http/client.ts'
import { EXPRESS_VERSIONS, listen, newApp, testAuth } from '../http/server.ts'

const PROGRAM = fileURLToPath(new URL('../../../../docs/examples/accounts.ts', import.meta.url))
const AUTHENTICATED = { message: 'You are authenticated!', userId: 1, username: 'anna' }

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return address !== null && typeof address === 'object' ? address.port : 0
}

/** Runs the program of the page, in a folder of its own for its database. */
async function startProgram(t: TestContext): Promise<Browser> {
  const port = await freePort()
  const cwd = mkdtempSync(join(tmpdir(), 'latchstring-docs-'))
  const child = spawn(process.execPath, ['--conditions=latchstring-source', PROGRAM], {
    cwd,
    env: { PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(async () => {
    child.kill('SIGKILL')
    await once(child, 'close')
    rmSync(cwd, { recursive: true })
  })
  const [line] = await once(createInterface(child.stdout), 'line')
  assert.equal(line, `Server running on port ${port}`)
  return new Browser(`http://localhost:${port}`)
}

test('the program of docs/accounts.md signs up, logs in, logs out, and shows its mails', async (t) => {
  const browser = await startProgram(t)
  assert.match((await browser.get('/', PAGE)).body, /Welcome to Acme/)
  assert.equal((await browser.post('/signup', ANNA)).status, 201)
  assert.deepEqual(answer(await browser.get('/protected')), [200, AUTHENTICATED])
  assert.equal((await browser.post('/logout')).status, 200)
  assert.equal((await browser.get('/protected')).status, 401)
  assert.equal((await logIn(browser)).status, 200)
  assert.match((await browser.get('/outbox')).body, /Confirm your email address for Acme/)
})

for (const { name, express } of EXPRESS_VERSIONS) {
  test(`accounts work in ${name}, before and after a body parser`, async (t) => {
    for (const isParsed of [false, true]) {
      const { auth } = testAuth(t, { accounts: accounts({ users: memoryUsers() }) })
      const app = express()
      if (isParsed) app.use(express.json(), express.urlencoded({ extended: false }))
      app.use(auth.routes())
      const browser = new Browser(await listen(t, app))
      assert.equal((await browser.post('/signup', ANNA)).status, 201)
      assert.equal((await logIn(new Browser(await listen(t, app)))).status, 200)
      assert.equal((await browser.get('/account', PAGE)).status, 200)
    }
  })
}

test('a route of the application that is mounted before takes its path, and is not throttled', async (t) => {
  const users = memoryUsers()
  const { auth } = testAuth(t, { accounts: accounts({ users }) })
  const app = express().use(auth.sessionMiddleware)
  app.post('/login', async (req, res) => {
    const user = await users.find(1)
    if (user !== null) await auth.generateSession(req, user, { method: 'badge' })
    res.json({ message: 'Ours' })
  })
  app.use(auth.routes())
  const origin = await listen(t, app)
  await new Browser(origin).post('/signup', ANNA)
  const browser = new Browser(origin)
  for (let tries = 0; tries < 12; tries++) {
    assert.deepEqual(answer(await logIn(browser)), [200, { message: 'Ours' }])
  }
  assert.match((await browser.get('/account')).body, /anna@example\.test/)
  const { events }: { events?: readonly { type: string }[] } = Object(
    json(await browser.get('/account/activity')),
  )
  assert.deepEqual(
    events?.map(({ type }) => type),
    ['signup'],
  )
})

test('a login of the application’s own has to say which credentials it has verified', async (t) => {
  const { auth } = testAuth(t, { accounts: accounts({ users: memoryUsers() }) })
  const app = newApp().use(auth.sessionMiddleware)
  app.post('/badge', async (req, res) => {
    await auth.generateSession(req, { id: 1 })
    res.json({})
  })
  const { status, body } = await new Browser(await listen(t, app)).post('/badge')
  assert.equal(status, 500)
  assert.match(body, /needs the credentialVersion/)
})

/** A process that names each module as it loads it. */
const NAMING = `
import { registerHooks } from 'node:module'
registerHooks({ load: (url, context, next) => (console.log(url), next(url, context)) })
const { createAuth } = await import('latchstring/express')
createAuth().close()`

test('an application without accounts and without a migration loads nothing of them', () => {
  const argv = ['--conditions=latchstring-source', '--input-type=module', '--eval', NAMING]
  const output = execFileSync(process.execPath, argv, { encoding: 'utf8', cwd: import.meta.dirname })
  const modules = output.split('\n').flatMap((url) => url.split('/latchstring/src/')[1] ?? [])
  assert.ok(modules.includes('adapters/express/createAuth.ts'))
  const parts =
    /^(routes|pages|users)\/|^auth\/(flows|mail|methods|passwords)\/|^migration\/(?!options)|^core\/(takeOver|claim|arrival)\.ts/
  assert.deepEqual(
    modules.filter((path) => parts.test(path)),
    [],
  )
})

test('a line of the timeline that cannot be stored fails nobody, and the listener is told (F-05)', async (t) => {
  const inner = memoryStore()
  const store: Store = {
    read: (key) => inner.read(key),
    list: (userId) => inner.list(userId),
    remove: (keys) => inner.remove(keys),
    purge: (now) => inner.purge(now),
    write: async (row) => {
      if (row.payload.includes('"record":"activity"')) throw new Error('out of order')
      return inner.write(row)
    },
  }
  const site = await startAccounts(t, { store })
  await site.member()
  await site.auth.settled()
  assert.ok(site.events.some(({ type }) => type === 'account.record_failed'))
})

test('the paths are those of the whole site, so that routes below another path serve nothing', async (t) => {
  const { auth } = testAuth(t, { accounts: accounts({ users: memoryUsers() }) })
  const browser = new Browser(await listen(t, express().use('/auth', auth.routes())))
  assert.equal((await browser.post('/auth/signup', ANNA)).status, 404)
})

test('production does not start without a store, a mail function and the origin of the site', () => {
  const mail = async () => {}
  const baseUrl = 'https://app.example.com'
  const users = memoryUsers()
  const store = memoryStore()
  const create = (options: Parameters<typeof createAuth>[0]) =>
    createAuth({ production: true, ...options }).close()
  assert.throws(() => create({ accounts: accounts({ users, mail, baseUrl }) }), /store is required/)
  assert.throws(() => create({ store, accounts: accounts({ users, baseUrl }) }), /mail is required/)
  assert.throws(() => create({ store, accounts: accounts({ users, mail }) }), /baseUrl takes/)
  create({ store, accounts: accounts({ users, mail, baseUrl }) })
})

test('links in mails begin with baseUrl, whatever a request says of its host (E-06)', async (t) => {
  const site = await startAccounts(t)
  const forged = { host: 'evil.example', 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' }
  assert.equal((await site.browser().post('/signup', ANNA, forged)).status, 201)
  const [mail] = await site.mails()
  assert.match(mail?.text ?? '', /^https:\/\/app\.example\.test\/email\/verify\?token=/m)
  assert.doesNotMatch(mail?.text ?? '', /evil/)
})

test('where mail is sent there is no outbox', async (t) => {
  const site = await startAccounts(t)
  await site.member()
  assert.deepEqual((await site.browser().get('/outbox')).status, 404)
})

for (const signup of ['open', 'private'] as const) {
  test(`sign-up tells in ${signup} mode that a username is taken`, async (t) => {
    const site = await startAccounts(t, { account: { signup } })
    await site.browser().post('/signup', ANNA)
    const taken = await site.browser().post('/signup', { ...BERT, username: ANNA.username })
    assert.deepEqual([taken.status, codeOf(taken)], [409, 'username_taken'])
  })
}

test('open sign-up tells that an address is taken', async (t) => {
  const site = await startAccounts(t)
  await site.member()
  const taken = await site.browser().post('/signup', { ...ANNA, username: 'other' })
  assert.deepEqual([taken.status, codeOf(taken)], [409, 'email_taken'])
})

test('an unverified account is refused in private mode like a wrong password', async (t) => {
  const site = await startAccounts(t, { account: { signup: 'private' } })
  await site.browser().post('/signup', ANNA)
  const right = await logIn(site.browser())
  const wrong = await logIn(site.browser(), { ...ANNA, password: 'wrong wrong wrong' })
  assert.deepEqual(answer(right), answer(wrong))
})

test('a login over a session limit that denies is refused, and says so', async (t) => {
  const site = await startAccounts(t, { maxSessionsPerUser: { max: 1, policy: 'deny' } })
  await site.member()
  const refused = await logIn(site.browser())
  assert.deepEqual([refused.status, codeOf(refused)], [403, 'session_limit'])
})

test('a form is answered by a redirect and JSON by JSON, at the same path', async (t) => {
  const site = await startAccounts(t)
  await site.member()
  const browser = site.browser()
  assert.equal((await browser.get('/account')).status, 401)
  assert.equal(codeOf(await browser.get('/account')), 'not_authenticated')
  const page = await browser.get('/account', PAGE)
  assert.deepEqual([page.status, page.headers.location], [303, '/login?returnTo=%2Faccount'])
})

test('a field that nobody knows is left alone, and a method that nobody serves is refused', async (t) => {
  const site = await startAccounts(t)
  const signup = await site.browser().post('/signup', { ...ANNA, id: 77, emailVerifiedAt: 1, role: 'admin' })
  assert.deepEqual(json(signup), { user: { id: 1, email: ANNA.email, username: ANNA.username } })
  assert.equal((await site.user()).emailVerifiedAt, null)
  const refused = await site.browser().send('/login', { method: 'DELETE' })
  assert.deepEqual([refused.status, codeOf(refused)], [405, 'method_not_allowed'])
  assert.equal(refused.headers.allow, 'GET, HEAD, POST')
})

test('the login page is where the guards of the application send browsers', async (t) => {
  const site = await startAccounts(t)
  const { status, headers } = await site.browser().get('/protected', PAGE)
  assert.deepEqual([status, headers.location], [303, '/login?returnTo=%2Fprotected'])
  assert.equal(await isLoggedIn(site.browser()), false)
})
