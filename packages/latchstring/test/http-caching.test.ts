import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { suite, type TestContext, test } from 'node:test'
import express from 'express'
import { type FakeClock, fakeClock, fakeTimers } from '../src/testing/clock.ts'
import { ask, cookieOf, express4, listen, ours, testAuth } from './response-support.ts'

const MINUTE = 60_000
const USER = { id: 1, username: 'anna' }

/** The kinds of routes that read the session, and the status of each for a visitor and for a user. */
const READING: Readonly<Record<string, readonly [visitor: number, user: number]>> = {
  '/json': [200, 200],
  '/redirect': [302, 302],
  '/missing': [404, 404],
  '/empty': [204, 204],
  '/error': [500, 500],
  '/file': [200, 200],
  '/stream': [200, 200],
  '/protected': [401, 200],
  '/recent': [401, 200],
  '/status': [200, 200],
}

const NOT_READING: Readonly<Record<string, number>> = { '/public': 200, '/public/file': 200, '/unknown': 404 }

async function start(t: TestContext, framework: typeof express) {
  const clock = fakeClock()
  const made = testAuth(t, { clock, timers: fakeTimers(clock) })
  const { auth } = made
  const app = framework().set('env', 'test').use(auth.sessionMiddleware)
  const read = (request: express.Request) => `user ${request.session.userId}`
  app.get('/login', (request, response) => {
    auth.generateSession(request, USER)
    response.json(1)
  })
  app.get('/json', (request, response) => void response.json(read(request)))
  app.get('/redirect', (request, response) => response.redirect(`/${read(request)}`))
  app.get('/missing', (request, response) => void response.status(404).send(read(request)))
  app.get('/empty', (request, response) => {
    read(request)
    response.status(204).end()
  })
  app.get('/error', (request) => {
    throw new Error(read(request))
  })
  app.get('/file', (request, response) => {
    read(request)
    response.sendFile(import.meta.filename)
  })
  app.get('/stream', (request, response) => {
    response.write(read(request))
    response.end()
  })
  app.get('/protected', auth.authenticate, (_, response) => void response.send('secret'))
  app.get('/recent', auth.requireRecent({ within: '1h' }), (_, response) => void response.send('secret'))
  app.get('/status', (request, response) => void response.send(auth.sessionStatus(request)))
  app.get('/public', (_, response) => void response.send('public'))
  app.get('/public/file', (_, response) => response.sendFile(import.meta.filename))
  app.get('/own/:kind', (request, response) => {
    response.set('Cache-Control', 'public, max-age=60').set('Vary', 'Accept-Language')
    if (request.params.kind === 'read') read(request)
    if (request.params.kind === 'login') auth.generateSession(request, USER)
    response.send('x')
  })
  app.get('/own-last', (request, response) => {
    read(request)
    response.writeHead(200, { 'Cache-Control': 'private, max-age=5', Vary: 'Origin' }).end()
  })
  const { port } = await listen(t, createServer(app))
  const get = (path: string, cookie = '', headers: Readonly<Record<string, string>> = {}) =>
    ask('express', port, { path, headers: cookie === '' ? headers : { ...headers, cookie } })
  return { ...made, clock, get }
}

/** What a request is made of: its cookie, and how long after the login. */
const VISITS = {
  'a visitor': { isUser: false, later: 0 },
  'a user': { isUser: true, later: 0 },
  'a user whose touch is due': { isUser: true, later: 5 * MINUTE },
}

async function cookieFor(
  { isUser, later }: { readonly isUser: boolean; readonly later: number },
  { get, clock }: { get: Awaited<ReturnType<typeof start>>['get']; clock: FakeClock },
): Promise<string> {
  const cookie = isUser ? cookieOf(await get('/login')) : ''
  clock.advance(later)
  return cookie
}

for (const [version, framework] of Object.entries({ 'Express 5': express, 'Express 4': express4 })) {
  suite(`the caching headers in ${version}`, () => {
    for (const [who, visit] of Object.entries(VISITS)) {
      for (const [path, [visitorStatus, userStatus]] of Object.entries(READING)) {
        test(`C-09, T26: ${path} for ${who} is stored by no cache`, async (t) => {
          const running = await start(t, framework)
          const got = await running.get(path, await cookieFor(visit, running))
          assert.equal(got.status, visit.isUser ? userStatus : visitorStatus)
          assert.equal(got.headers['cache-control'], 'no-store')
          assert.match(String(got.headers.vary), /(^|, )Cookie$/)
          assert.deepEqual(ours(got), [])
        })
      }

      for (const [path, status] of Object.entries(NOT_READING)) {
        test(`C-09: ${path}, which never looks at the session, may be cached for ${who}`, async (t) => {
          const running = await start(t, framework)
          const got = await running.get(path, await cookieFor(visit, running))
          assert.equal(got.status, status)
          assert.notEqual(got.headers['cache-control'], 'no-store')
          assert.equal(got.headers.vary, undefined)
          assert.deepEqual(ours(got), [])
        })
      }

      test(`C-09: what the application says of caching stands for ${who}, with Vary: Cookie beside it`, async (t) => {
        const running = await start(t, framework)
        const cookie = await cookieFor(visit, running)
        const read = await running.get('/own/read', cookie)
        assert.equal(read.headers['cache-control'], 'public, max-age=60')
        assert.equal(read.headers.vary, 'Accept-Language, Cookie')
        const late = await running.get('/own-last', cookie)
        assert.equal(late.headers['cache-control'], 'private, max-age=5')
        assert.equal(late.headers.vary, 'Origin, Cookie')
        const untouched = await running.get('/own/nothing', cookie)
        assert.equal(untouched.headers.vary, 'Accept-Language')
      })

      test(`C-09, T26: a page that ${who} has already is unchanged, and still stored by no cache`, async (t) => {
        const running = await start(t, framework)
        const cookie = await cookieFor(visit, running)
        const { etag } = (await running.get('/json', cookie)).headers
        const got = await running.get('/json', cookie, { 'if-none-match': String(etag) })
        assert.equal(got.status, 304)
        assert.equal(got.headers['cache-control'], 'no-store')
        assert.match(String(got.headers.vary), /(^|, )Cookie$/)
      })

      test(`C-09: a public response that sets the cookie becomes private to ${who}`, async (t) => {
        const running = await start(t, framework)
        const got = await running.get('/own/login', await cookieFor(visit, running))
        assert.equal(ours(got).length, 1)
        assert.equal(got.headers['cache-control'], 'no-store')
        assert.equal(got.headers.vary, 'Accept-Language, Cookie')
      })
    }
  })
}
