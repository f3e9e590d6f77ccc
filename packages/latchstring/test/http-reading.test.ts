import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { suite, type TestContext, test } from 'node:test'
import express from 'express'
import type { AuthOptions } from 'latchstring/express'
import type { Row, Store } from '../src/core/types.ts'
import { testClient } from '../src/testing/client.ts'
import { ask, cookieOf, listen, ours, settle, testAuth, watchFailures } from './response-support.ts'

const USER = { id: 1, username: 'anna' }

/** The ways in which a store fails at a read. */
const FAILURES: Readonly<Record<string, Store['read']>> = {
  rejects: () => Promise.reject(new Error('the disk is on fire')),
  hangs: () => new Promise(() => {}),
  throws: () => {
    throw new Error('the disk is on fire')
  },
  'answers with nothing': () => Promise.resolve(undefined as never),
  'answers with a text': () => Promise.resolve('row' as never),
  'answers with an array': () => Promise.resolve([] as never),
  'answers with an empty object': () => Promise.resolve({} as never),
  'answers with the row of another key': () => Promise.resolve(rowOf({ key: 'x'.repeat(43) })),
  'answers with a version that is a text': (key) => Promise.resolve(rowOf({ key, version: '1' as never })),
  'answers with a version that is no whole number': (key) => Promise.resolve(rowOf({ key, version: 1.5 })),
  'answers with an expiry that is a text': (key) => Promise.resolve(rowOf({ key, expiresAt: '1' as never })),
  'answers with a user id that is a number': (key) => Promise.resolve(rowOf({ key, userId: 1 as never })),
  'answers with a payload that is an object': (key) => Promise.resolve(rowOf({ key, payload: {} as never })),
}

function rowOf(changes: Partial<Row>): Row {
  return { key: '', userId: '1', version: 1, expiresAt: Number.MAX_SAFE_INTEGER, payload: '', ...changes }
}

/** An application with one route of each kind, and a user who is logged in. */
async function start(t: TestContext, options: AuthOptions = {}) {
  const made = testAuth(t, { storeTimeout: 30, ...options })
  const { auth } = made
  const app = express().set('env', 'test').use(auth.sessionMiddleware)
  app.get('/login', (request, response) => {
    auth.generateSession(request, USER)
    response.send('in')
  })
  app.get('/protected', auth.authenticate, (_, response) => void response.send('secret'))
  app.get('/recent', auth.requireRecent({ within: '10m' }), (_, response) => void response.send('secret'))
  app.get('/touching', (request, response) => void response.send(`user ${request.session.userId}`))
  app.get('/status', (request, response) => void response.send(auth.sessionStatus(request)))
  app.get('/public', (_, response) => void response.send('public'))
  app.get('/logout', (request, response) => {
    auth.endSession(request)
    response.send('out')
  })
  const { port } = await listen(t, createServer(app))
  const cookie = cookieOf(await ask('express', port, { path: '/login' }))
  const get = (path: string, headers: Record<string, string> = { cookie }) =>
    ask('express', port, { path, headers })
  return { ...made, get, port }
}

for (const production of [false, true]) {
  suite(`a store that cannot be read ${production ? 'in production' : 'in development'}`, () => {
    for (const [how, read] of Object.entries(FAILURES)) {
      test(`F-01: and ${how} makes nobody anonymous, and logs nobody out`, async (t) => {
        const failures = watchFailures(t)
        const { store, get } = await start(t, { production })
        store.replaced.read = read
        for (const path of ['/protected', '/recent']) {
          const got = await get(path)
          assert.equal(got.status, 503)
          assert.equal(got.headers['retry-after'], '1')
          assert.equal(got.headers['cache-control'], 'no-store')
          assert.deepEqual(JSON.parse(got.body.toString()).code, 'unavailable')
          assert.deepEqual(got.setCookies, [])
        }
        const touching = await get('/touching')
        assert.equal(touching.status, 503)
        assert.deepEqual(touching.setCookies, [])
        const logout = await get('/logout')
        assert.equal(logout.status, 503)
        assert.deepEqual(logout.setCookies, [])
        store.replaced.read = null
        assert.equal((await get('/protected')).status, 200)
        assert.deepEqual(failures, [])
      })
    }

    test('F-01: does not keep a route that never looks at the session from being served', async (t) => {
      const { store, get } = await start(t, { production })
      store.replaced.read = () => Promise.reject(new Error('down'))
      const got = await get('/public')
      assert.equal(got.status, 200)
      assert.deepEqual(got.setCookies, [])
      assert.equal(got.headers['cache-control'], undefined)
    })

    test("F-01: is 'unknown' to a page that asks for the status", async (t) => {
      const { store, get } = await start(t, { production })
      assert.equal((await get('/status')).body.toString(), 'active')
      assert.equal((await get('/status', {})).body.toString(), 'none')
      store.replaced.read = () => Promise.reject(new Error('down'))
      const got = await get('/status')
      assert.equal(got.status, 200)
      assert.equal(got.body.toString(), 'unknown')
      assert.equal(got.headers['cache-control'], 'no-store')
    })

    test('F-01: is no matter for a visitor without a cookie', async (t) => {
      const { store, get } = await start(t, { production })
      store.replaced.read = () => Promise.reject(new Error('down'))
      assert.equal((await get('/protected', {})).status, 401)
      assert.equal((await get('/touching', {})).body.toString(), 'user null')
    })
  })
}

test('C-03: production never accepts the cookie of development, nor development that of production', async (t) => {
  const inProduction = await start(t, { production: true })
  const inDevelopment = await start(t, { production: false })
  const secure = cookieOf(await inProduction.get('/login'))
  const plain = cookieOf(await inDevelopment.get('/login'))
  const swap = (cookie: string, name: string) => ({ cookie: cookie.replace(/^[^=]*/, name) })
  assert.match(secure, /^__Host-Http-latchstring=/)
  assert.match(plain, /^latchstring=/)
  assert.equal((await inProduction.get('/protected', { cookie: secure })).status, 200)
  assert.equal((await inProduction.get('/protected', swap(secure, 'latchstring'))).status, 401)
  assert.equal((await inDevelopment.get('/protected', swap(plain, '__Host-Http-latchstring'))).status, 401)
})

test('C-03: production over plain http explains once why browsers drop the cookie', async (t) => {
  const { get, warnings } = await start(t, { production: true })
  await get('/public')
  await get('/public')
  assert.equal(warnings.length, 1)
  assert.match(warnings[0] ?? '', /trust proxy/)
})

test('C-01: over https the browser keeps the cookie and sends it back', async (t) => {
  const { auth } = testAuth(t)
  const app = express().set('trust proxy', 1).use(auth.sessionMiddleware)
  app.post('/login', (request, response) => {
    auth.generateSession(request, USER, { remember: true })
    response.json(1)
  })
  app.get('/protected', auth.authenticate, (_, response) => void response.send('secret'))
  app.post('/logout', (request, response) => {
    auth.endSession(request)
    response.json(1)
  })
  const { port } = await listen(t, createServer(app))
  const client = testClient({ port, origin: 'https://app.example' })
  t.after(() => client.close())
  await client.post('/login')
  assert.deepEqual([...client.cookies.keys()], ['__Host-Http-latchstring'])
  const kept = client.cookies.get('__Host-Http-latchstring')
  assert.ok(kept?.isSecure && kept.isHttpOnly && kept.sameSite === 'Lax' && kept.path === '/')
  assert.equal((await client.get('/protected')).status, 200)
  await client.post('/logout')
  assert.equal(client.cookies.size, 0)
  assert.equal((await client.get('/protected')).status, 401)
})

test('S-08: a payload that cannot be decoded is no session, and no error', async (t) => {
  const payloads = [
    '',
    '\n',
    '{}',
    '{}\n{}',
    'null\nnull',
    '{"__proto__":{"admin":true}}\n{}',
    '{"format":2}\n{}',
    '[]\n[]',
  ]
  for (const payload of payloads) {
    const { store, get, events } = await start(t)
    store.replaced.read = (key) => Promise.resolve(rowOf({ key, payload }))
    assert.equal((await get('/protected')).status, 401)
    assert.equal((await get('/touching')).body.toString(), 'user null')
    assert.equal(events.filter(({ type }) => type === 'session.unreadable').length, 2)
    assert.equal('admin' in {}, false)
  }
})

test('C-07: two cookies of our name are no session, and one event', async (t) => {
  const { get, port, events } = await start(t)
  const first = cookieOf(await get('/login', {}))
  const second = cookieOf(await ask('express', port, { path: '/login' }))
  for (const cookie of [
    `${first}; ${second}`,
    `${second}; ${first}`,
    `${first}; ${first}`,
    `latchstring=; ${first}`,
  ]) {
    const before = events.length
    const got = await get('/protected', { cookie })
    assert.equal(got.status, 401)
    assert.deepEqual(ours(got), [])
    assert.deepEqual(
      events.slice(before).map(({ type }) => type),
      ['cookie.duplicate'],
    )
  }
  await settle()
})
