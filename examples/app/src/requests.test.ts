import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { suite, type TestContext, test } from 'node:test'
import express from 'express'
import type { Store } from 'latchstring'
import { accounts, type PageOptions } from 'latchstring/accounts'
import { createAuth } from 'latchstring/express'
import { memoryStore } from 'latchstring/stores/memory'
import { memoryUsers } from 'latchstring/users/memory'
import { handleError } from './errors.ts'
import { createExpressApp } from './server.ts'
import { ANNA, isLoggedIn, listen, PASSWORD, startApp } from './testing/app.ts'
import { PAGE, Visitor } from './testing/visitor.ts'

function storeThatReads(read: Store['read']): Store {
  return Object.assign(memoryStore(), { read })
}

const UNREADABLE = {
  message: 'Send an object or a form with each field once, well-formed',
  code: 'invalid_body',
}
const JSON_TYPE = { 'content-type': 'application/json' }

suite('requests that are wrong (F-03, F-07, P-11)', () => {
  test('only text is taken where text is due', async (t) => {
    const visitor = (await startApp(t)).visitor()
    const takesText = (name: string) => ({ message: `The field ${name} takes a text`, code: 'invalid_body' })
    for (const value of [1, true, null, [], ['a'], {}, { $ne: 1 }]) {
      const wrongPassword = await visitor.post('/login', { email: ANNA.email, password: value })
      assert.equal(wrongPassword.status, 400)
      assert.deepEqual(wrongPassword.body, takesText('password'))
      const wrongEmail = await visitor.post('/signup', { ...ANNA, email: value })
      assert.equal(wrongEmail.status, 400)
      assert.deepEqual(wrongEmail.body, takesText('email'))
    }
  })

  test('a field that comes twice in a form is refused', async (t) => {
    const visitor = (await startApp(t)).visitor()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const body = `email=${ANNA.email}&password=a&password=${PASSWORD}`
    const answer = await visitor.send('POST', '/login', { headers, body })
    assert.equal(answer.status, 400)
    assert.deepEqual(answer.body, UNREADABLE)
  })

  test('"remember" is true or false', async (t) => {
    const app = await startApp(t)
    await app.member(ANNA)
    for (const remember of ['yes', 1, {}, []]) {
      const answer = await app.visitor().post('/login', { email: ANNA.email, password: PASSWORD, remember })
      assert.equal(answer.status, 400)
      assert.deepEqual(answer.body, {
        message: 'The field remember takes true or false',
        code: 'invalid_body',
      })
    }
  })

  test('a body that is no object with named fields is refused', async (t) => {
    const visitor = (await startApp(t)).visitor()
    const answer = await visitor.post('/login', [ANNA])
    assert.equal(answer.status, 400)
    assert.deepEqual(answer.body, UNREADABLE)
  })

  test('JSON that cannot be read is refused without an echo', async (t) => {
    const visitor = (await startApp(t)).visitor()
    for (const body of ['{', '"canary"', 'canary', '{"password": canary}', '{"email": "a", }']) {
      const answer = await visitor.send('POST', '/login', { headers: JSON_TYPE, body })
      assert.equal(answer.status, 400)
      assert.deepEqual(answer.body, UNREADABLE)
    }
  })

  test('a body over 16 kB is refused, JSON or form', async (t) => {
    const visitor = (await startApp(t)).visitor()
    const json = await visitor.post('/login', { email: 'a'.repeat(16 * 1_024) })
    assert.equal(json.status, 413)
    assert.match(json.text, /"code":"payload_too_large"/)
    const form = await visitor.submit('/login', '/login', { email: 'a'.repeat(16 * 1_024) })
    assert.equal(form.status, 413)
    assert.match(form.headers.get('content-type') ?? '', /^text\/html/)
  })

  test('a body of another type is refused (W-04)', async (t) => {
    const visitor = (await startApp(t)).visitor()
    const body = JSON.stringify({ email: ANNA.email, password: PASSWORD })
    for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/jsonx', 'text/json']) {
      const answer = await visitor.send('POST', '/login', { headers: { 'content-type': type }, body })
      assert.equal(answer.status, 415, type)
      assert.match(answer.text, /"unsupported_media_type"/)
    }
    const charset = { 'content-type': 'application/json; charset=latin1' }
    assert.equal((await visitor.send('POST', '/login', { headers: charset, body })).status, 415)
    const packed = { ...JSON_TYPE, 'content-encoding': 'gzip' }
    assert.equal((await visitor.send('POST', '/login', { headers: packed, body })).status, 415)
  })

  test('fields that nobody asks for change nothing', async (t) => {
    const visitor = (await startApp(t)).visitor()
    const strange = { id: 77, userId: 77, role: 'admin', emailVerifiedAt: 1 }
    const answer = await visitor.post('/signup', { email: ANNA.email, password: PASSWORD, ...strange })
    assert.deepEqual(answer.body, { user: { id: 1, email: ANNA.email, username: ANNA.email } })
  })

  test('fields that reach for prototypes are refused', async (t) => {
    const visitor = (await startApp(t)).visitor()
    for (const name of ['__proto__', 'constructor', 'prototype']) {
      const body = `{"email":"${ANNA.email}","password":"${PASSWORD}","${name}":{"username":"root"}}`
      const answer = await visitor.send('POST', '/signup', { headers: JSON_TYPE, body })
      assert.equal(answer.status, 400, name)
      assert.deepEqual(answer.body, UNREADABLE)
    }
  })

  test('a path that cannot be decoded is refused without a stack', async (t) => {
    const visitor = await (await startApp(t)).member(ANNA)
    for (const path of ['/account/sessions/%zz/revoke', '/%zz', '/%00', '/..%2f..%2fpackage.json']) {
      for (const method of ['GET', 'POST']) {
        const answer = await visitor.send(method, path)
        assert.equal(answer.status, 404, path)
        assert.deepEqual(answer.body, { message: 'There is nothing here', code: 'not_found' })
      }
    }
  })
})

suite('addresses and methods (W-05, W-12)', () => {
  test('the icon that browsers ask for is there', async (t) => {
    const visitor = (await startApp(t)).visitor()
    const { status, headers } = await visitor.get('/favicon.ico')
    assert.deepEqual([status, headers.get('location')], [301, '/icon.svg'])
    const icon = await visitor.get('/icon.svg')
    assert.deepEqual([icon.status, icon.headers.get('content-type')], [200, 'image/svg+xml'])
  })

  test('an unknown address is not found, as JSON or as a page', async (t) => {
    const visitor = (await startApp(t)).visitor()
    const json = await visitor.get('/nothing')
    assert.equal(json.status, 404)
    assert.deepEqual(json.body, { message: 'There is nothing here', code: 'not_found' })
    const page = await visitor.get('/nothing', PAGE)
    assert.equal(page.status, 404)
    assert.match(page.headers.get('content-type') ?? '', /^text\/html/)
    assert.match(page.text, /<h1>Not Found<\/h1>\n<p>There is nothing here<\/p>/)
  })

  test('a wrong method is refused and told what the address takes', async (t) => {
    const visitor = (await startApp(t)).visitor()
    for (const [method, path, allow] of [
      ['POST', '/', 'GET, HEAD'],
      ['DELETE', '/signup', 'GET, HEAD, POST'],
      ['PUT', '/login', 'GET, HEAD, POST'],
      ['GET', '/logout', 'POST'],
      ['HEAD', '/logout', 'POST'],
      ['POST', '/protected', 'GET, HEAD'],
      ['POST', '/account', 'GET, HEAD'],
      ['POST', '/account/sessions', 'GET, HEAD'],
      ['GET', '/account/sessions/abc/revoke', 'POST'],
      ['GET', '/account/sessions/revoke-others', 'POST'],
      ['POST', '/health', 'GET, HEAD'],
    ] as const) {
      const answer = await visitor.send(method, path)
      assert.equal(answer.status, 405, `${method} ${path}`)
      assert.equal(answer.headers.get('allow'), allow)
    }
  })

  test('no field and no header turns a GET into a POST', async (t) => {
    const visitor = await (await startApp(t)).member(ANNA)
    assert.equal(
      (await visitor.get('/logout?_method=POST', { 'x-http-method-override': 'POST' })).status,
      405,
    )
    assert.equal(await isLoggedIn(visitor), true)
  })

  test('no spelling of the address gets round the guard', async (t) => {
    const visitor = (await startApp(t)).visitor()
    for (const path of [
      '/protected/',
      '/PROTECTED',
      '//protected',
      '/./protected',
      '/%70rotected',
      '/protected;a=b',
    ]) {
      const { status } = await visitor.get(path)
      assert.ok(status === 401 || status === 404, `${path}: ${status}`)
    }
  })

  test('curl gets JSON, and whoever names HTML and prefers it gets a page', async (t) => {
    const visitor = await (await startApp(t)).member(ANNA)
    const typeFor = async (accept: string) =>
      (await visitor.get('/protected', { accept })).headers.get('content-type')?.split(';')[0]
    assert.equal(await typeFor('*/*'), 'application/json')
    assert.equal(await typeFor('application/json'), 'application/json')
    assert.equal(await typeFor('application/json, text/html;q=0.5'), 'application/json')
    assert.equal(await typeFor('text/plain'), 'application/json')
    assert.equal(await typeFor('text/html'), 'text/html')
    assert.equal(await typeFor(PAGE.accept), 'text/html')
  })
})

suite('what every answer says', () => {
  const EXPECTED = {
    'content-security-policy':
      "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'x-powered-by': null,
    'access-control-allow-origin': null,
  }

  test('pages, JSON and refusals carry the security headers (W-07, W-10)', async (t) => {
    const visitor = await (await startApp(t)).member(ANNA)
    for (const path of [
      '/',
      '/account',
      '/account/sessions',
      '/protected',
      '/nothing',
      '/outbox',
      '/health',
      '/app.css',
    ]) {
      for (const accept of ['*/*', PAGE.accept]) {
        const { headers } = await visitor.get(path, { accept, origin: 'https://evil.example' })
        for (const [name, value] of Object.entries(EXPECTED))
          assert.equal(headers.get(name), value, `${path} ${name}`)
      }
    }
  })

  test('the address of a page with a mailed token is told to nobody (W-07)', async (t) => {
    const visitor = (await startApp(t)).visitor()
    for (const path of ['/password/reset', '/email/verify', '/email/confirm']) {
      const { status, headers } = await visitor.get(`${path}?token=${'a'.repeat(43)}`, PAGE)
      assert.equal(status, 200)
      assert.equal(headers.get('referrer-policy'), 'strict-origin')
    }
  })

  test('pages run no script and load nothing from elsewhere', async (t) => {
    const app = await startApp(t)
    const [visitor, member] = [app.visitor(), await app.member(ANNA)]
    const pages = await Promise.all([
      ...['/', '/login', '/signup', '/password/forgot', '/nothing'].map((path) => visitor.get(path, PAGE)),
      ...['/', '/account', '/account/sessions', '/account/activity', '/protected'].map((path) =>
        member.get(path, PAGE),
      ),
    ])
    for (const { text } of pages) {
      assert.match(text, /^<!doctype html>\n<html lang="en">/)
      assert.doesNotMatch(text, /<script|\son\w+=|style="|https?:|="\/\//)
    }
  })

  test('what depends on who asks is stored by no cache', async (t) => {
    const visitor = await (await startApp(t)).member(ANNA)
    for (const path of ['/', '/protected', '/account/sessions']) {
      const { headers } = await visitor.get(path, PAGE)
      assert.equal(headers.get('cache-control'), 'no-store')
      assert.match(headers.get('vary') ?? '', /Cookie/i)
      assert.match(headers.get('vary') ?? '', /Accept/i)
    }
  })
})

/** The app's routes around parts that a test has broken. */
async function serve(t: TestContext, sessions: Store, pages: PageOptions = {}): Promise<Visitor> {
  const feature = accounts({ users: memoryUsers(), pages })
  const auth = createAuth({ store: sessions, accounts: feature, warn: () => {} })
  const server = createServer(createExpressApp({ auth, sessions, trustProxy: 0 }))
  t.after(() => {
    auth.close()
    server.close()
    server.closeAllConnections()
  })
  return new Visitor(await listen(server))
}

const ON_FIRE = () => Promise.reject(new Error('disk on fire'))

suite('what happens when the app cannot serve (F-01, P-09)', () => {
  test('a store that does not answer is no answer to who somebody is', async (t) => {
    const visitor = await serve(t, storeThatReads(ON_FIRE))
    const cookie = `latchstring=${'a'.repeat(43)}`
    for (const headers of [{ cookie }, { cookie, ...PAGE }]) {
      for (const path of ['/', '/account', '/account/sessions', '/protected']) {
        const answer = await visitor.get(path, headers)
        assert.equal(answer.status, 503, path)
        assert.ok(answer.headers.has('retry-after'), path)
        assert.equal(answer.headers.get('set-cookie'), null)
        assert.doesNotMatch(answer.text, /fire|at .*\.ts/)
      }
    }
  })

  test('a route that looks at a session nobody knows is answered 503, and not logged', async (t) => {
    const auth = createAuth({ store: storeThatReads(ON_FIRE), warn: () => {} })
    const app = express().use(auth.sessionMiddleware)
    app.get('/', (request, response) => void response.json(request.session.userId))
    const server = createServer(app.use(handleError))
    t.after(() => {
      auth.close()
      server.close()
    })
    const log = t.mock.method(console, 'error', () => {})
    const visitor = new Visitor(await listen(server))
    const answer = await visitor.get('/', { cookie: `latchstring=${'a'.repeat(43)}` })
    assert.equal(answer.status, 503)
    assert.equal(answer.headers.get('retry-after'), '1')
    assert.match(answer.text, /"code":"unavailable"/)
    assert.equal(log.mock.callCount(), 0)
  })

  test('a log-out that cannot be stored is not called one (F-02)', async (t) => {
    const visitor = await serve(t, storeThatReads(ON_FIRE))
    const answer = await visitor.post('/logout', undefined, { cookie: `latchstring=${'a'.repeat(43)}` })
    assert.equal(answer.status, 503)
    assert.match(answer.text, /"code":"not_completed"/)
  })

  test('what nobody foresaw is answered without a word of it, and logged (F-03)', async (t) => {
    const home = () => {
      throw new TypeError('canary')
    }
    const visitor = await serve(t, memoryStore(), { replace: { home } })
    const log = t.mock.method(console, 'error', () => {})
    for (const headers of [PAGE, { ...PAGE, 'accept-language': 'de' }]) {
      const answer = await visitor.get('/', headers)
      assert.equal(answer.status, 500)
      assert.match(answer.text, /Something went wrong on our side/)
      assert.doesNotMatch(answer.text, /canary|at .*\.ts/)
    }
    assert.equal(log.mock.callCount(), 2)
    assert.match(String(log.mock.calls[0]?.arguments[0]), /^TypeError: canary\n +at /)
  })

  test('more logins at once than it can check are asked to come back, and the others are served', async (t) => {
    const app = await startApp(t, { TRUST_PROXY: '1' })
    const member = await app.member(ANNA)
    const logins = Array.from({ length: 150 }, (_, index) =>
      app
        .visitor()
        .post(
          '/login',
          { email: `nobody${index}@example.test`, password: PASSWORD },
          { 'x-forwarded-for': `198.51.100.${index}` },
        ),
    )
    assert.equal(await isLoggedIn(member), true)
    const answers = await Promise.all(logins)
    const busy = answers.filter(({ status }) => status === 503)
    assert.ok(busy.length > 0)
    assert.equal(answers.filter(({ status }) => status === 401).length, answers.length - busy.length)
    assert.ok(busy.every(({ headers, text }) => headers.has('retry-after') && text.includes('"unavailable"')))
  })
})

suite('health', () => {
  test('is ok while the store answers', async (t) => {
    const answer = await (await startApp(t)).visitor().get('/health')
    assert.equal(answer.status, 200)
    assert.deepEqual(answer.body, { status: 'ok' })
    assert.equal(answer.headers.get('cache-control'), 'no-store')
  })

  test('is 503 when the store fails', async (t) => {
    const answer = await (await serve(t, storeThatReads(ON_FIRE))).get('/health')
    assert.equal(answer.status, 503)
    assert.ok(answer.headers.has('retry-after'))
    assert.deepEqual(answer.body, { message: 'The session store does not answer', code: 'store_unavailable' })
  })

  test('is 503 after a second when the store does not answer', async (t) => {
    const visitor = await serve(
      t,
      storeThatReads(() => new Promise(() => {})),
    )
    const start = performance.now()
    assert.equal((await visitor.get('/health')).status, 503)
    assert.ok(performance.now() - start < 5_000)
  })
})
