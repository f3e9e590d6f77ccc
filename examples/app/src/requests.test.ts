import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { suite, type TestContext, test } from 'node:test'
import express from 'express'
import type { Store } from 'latchstring'
import { createAuth } from 'latchstring/express'
import { memoryStore } from 'latchstring/stores/memory'
import { openDatabase } from './database.ts'
import { handleError } from './http/errors.ts'
import { createPasswords } from './passwords.ts'
import { accountRoutes } from './routes/account.ts'
import { healthRoutes } from './routes/health.ts'
import { homeRoutes } from './routes/home.ts'
import { ANNA, listen, PASSWORD, startApp } from './testing/app.ts'
import { PAGE, Visitor } from './testing/visitor.ts'
import { createUsers } from './users.ts'

function storeThatReads(read: Store['read']): Store {
  return Object.assign(memoryStore(), { read })
}

const JSON_TYPE = { 'content-type': 'application/json' }

suite('requests that are wrong (F-03, F-07, P-11)', () => {
  test('only text is taken where text is due', async (t) => {
    const visitor = (await startApp(t)).visitor()
    for (const value of [1, true, null, [], ['a'], {}, { $ne: 1 }]) {
      const wrongPassword = await visitor.post('/login', { email: ANNA.email, password: value })
      const isMissing = value === null
      assert.equal(wrongPassword.status, isMissing ? 401 : 400)
      if (!isMissing) {
        const body = { message: 'The field password takes a text', code: 'invalid_password' }
        assert.deepEqual(wrongPassword.body, body)
      }
      const wrongEmail = await visitor.post('/signup', { ...ANNA, email: value })
      assert.equal(wrongEmail.status, 400)
      assert.match(wrongEmail.text, /"code":"invalid_email"/)
    }
  })

  test('a field that comes twice in a form is refused', async (t) => {
    const visitor = (await startApp(t)).visitor()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const body = `email=${ANNA.email}&password=a&password=${PASSWORD}`
    const answer = await visitor.send('POST', '/login', { headers, body })
    assert.equal(answer.status, 400)
    assert.deepEqual(answer.body, { message: 'The field password takes a text', code: 'invalid_password' })
  })

  test('"remember" is true or false', async (t) => {
    const app = await startApp(t)
    await app.member(ANNA)
    for (const remember of ['yes', 1, {}, []]) {
      const answer = await app.visitor().post('/login', { email: ANNA.email, password: PASSWORD, remember })
      assert.equal(answer.status, 400)
      assert.deepEqual(answer.body, {
        message: 'The field remember takes true or false',
        code: 'invalid_remember',
      })
    }
  })

  test('a body that is no object with named fields is refused', async (t) => {
    const visitor = (await startApp(t)).visitor()
    const answer = await visitor.post('/login', [ANNA])
    assert.equal(answer.status, 400)
    assert.deepEqual(answer.body, { message: 'Send an object with named fields', code: 'invalid_body' })
  })

  test('JSON that cannot be read is refused without an echo', async (t) => {
    const visitor = (await startApp(t)).visitor()
    for (const body of ['{', '"canary"', 'canary', '{"password": canary}', '{"email": "a", }']) {
      const answer = await visitor.send('POST', '/login', { headers: JSON_TYPE, body })
      assert.equal(answer.status, 400)
      assert.equal(answer.text, '{"message":"The body is not valid JSON","code":"invalid_json"}')
    }
  })

  test('a body over 16 kB is refused, JSON or form', async (t) => {
    const visitor = (await startApp(t)).visitor()
    const json = await visitor.post('/login', { email: 'a'.repeat(16 * 1_024) })
    assert.equal(json.status, 413)
    assert.deepEqual(json.body, { message: 'The body is too large', code: 'body_too_large' })
    const form = await visitor.submit('/login', { email: 'a'.repeat(16 * 1_024) })
    assert.equal(form.status, 413)
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
    const body = `{"email":"${ANNA.email}","password":"${PASSWORD}","id":77,"userId":77,"role":"admin","__proto__":{"username":"root"}}`
    const answer = await visitor.send('POST', '/signup', { headers: JSON_TYPE, body })
    assert.deepEqual(answer.body, { user: { id: 1, email: ANNA.email, username: ANNA.email } })
  })

  test('a path that cannot be decoded is refused without a stack', async (t) => {
    const visitor = await (await startApp(t)).member(ANNA)
    const answer = await visitor.post('/account/sessions/%zz/revoke')
    assert.equal(answer.status, 400)
    assert.deepEqual(answer.body, { message: 'The request is malformed', code: 'invalid_request' })
  })
})

suite('addresses and methods (W-05, W-12)', () => {
  test('an unknown address is not found, as JSON or as a page', async (t) => {
    const visitor = (await startApp(t)).visitor()
    const json = await visitor.get('/nothing')
    assert.equal(json.status, 404)
    assert.deepEqual(json.body, { message: 'There is nothing here', code: 'not_found' })
    const page = await visitor.get('/nothing', PAGE)
    assert.equal(page.status, 404)
    assert.match(page.headers.get('content-type') ?? '', /^text\/html/)
    assert.match(page.text, /role="alert">There is nothing here/)
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
    assert.equal((await visitor.get('/protected')).status, 200)
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
      '/health',
      '/style.css',
    ]) {
      for (const accept of ['*/*', PAGE.accept]) {
        const { headers } = await visitor.get(path, { accept, origin: 'https://evil.example' })
        for (const [name, value] of Object.entries(EXPECTED))
          assert.equal(headers.get(name), value, `${path} ${name}`)
      }
    }
  })

  test('pages run no script and load nothing from elsewhere', async (t) => {
    const app = await startApp(t)
    const [visitor, member] = [app.visitor(), await app.member(ANNA)]
    const pages = await Promise.all([
      ...['/', '/login', '/signup', '/nothing'].map((path) => visitor.get(path, PAGE)),
      ...['/', '/account', '/account/sessions', '/protected'].map((path) => member.get(path, PAGE)),
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

suite('what happens when the app cannot serve (F-01, P-09)', () => {
  test('a store that does not answer is no answer to who somebody is', async (t) => {
    const store = storeThatReads(() => Promise.reject(new Error('disk on fire')))
    const auth = createAuth({ store, loginPage: '/login', warn: () => {} })
    t.after(() => auth.close())
    const services = {
      auth,
      store,
      users: createUsers(openDatabase(':memory:')),
      passwords: createPasswords(),
    }
    const app = express().use(auth.sessionMiddleware, homeRoutes(), accountRoutes(services), handleError)
    const server = createServer(app)
    const visitor = new Visitor(await listen(server))
    t.after(() => server.close())

    const cookie = `latchstring=${'a'.repeat(43)}`
    for (const headers of [{ cookie }, { cookie, ...PAGE }]) {
      for (const path of ['/', '/account', '/protected']) {
        const answer = await visitor.get(path, headers)
        assert.equal(answer.status, 503, path)
        assert.ok(answer.headers.has('retry-after'))
        assert.equal(answer.headers.get('set-cookie'), null)
        assert.doesNotMatch(answer.text, /fire|at .*\.ts/)
      }
    }
  })

  test('more logins at once than it can check are asked to come back, and the others are served', async (t) => {
    const app = await startApp(t)
    const member = await app.member(ANNA)
    const logins = Array.from({ length: 150 }, () =>
      app.visitor().post('/login', { email: 'nobody@example.test', password: PASSWORD }),
    )
    assert.equal((await member.get('/protected')).status, 200)
    const answers = await Promise.all(logins)
    const busy = answers.filter(({ status }) => status === 503)
    assert.ok(busy.length > 0)
    assert.equal(answers.filter(({ status }) => status === 401).length, answers.length - busy.length)
    assert.ok(busy.every(({ headers, text }) => headers.has('retry-after') && text.includes('"code":"busy"')))
  })
})

suite('health', () => {
  async function healthOf(t: TestContext, store: Store) {
    const server = createServer(express().use(healthRoutes(store), handleError))
    const url = await listen(server)
    t.after(() => server.close())
    return new Visitor(url).get('/health')
  }

  test('is ok while the store answers', async (t) => {
    const answer = await (await startApp(t)).visitor().get('/health')
    assert.equal(answer.status, 200)
    assert.deepEqual(answer.body, { status: 'ok' })
  })

  test('is 503 when the store fails', async (t) => {
    const broken = storeThatReads(() => Promise.reject(new Error('disk on fire')))
    const answer = await healthOf(t, broken)
    assert.equal(answer.status, 503)
    assert.ok(answer.headers.has('retry-after'))
    assert.deepEqual(answer.body, { message: 'The session store does not answer', code: 'store_unavailable' })
  })

  test('is 503 after a second when the store does not answer', async (t) => {
    const silent = storeThatReads(() => new Promise(() => {}))
    assert.equal((await healthOf(t, silent)).status, 503)
  })
})
