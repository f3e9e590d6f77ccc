import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import express from 'express'
import { answer, Browser, json, type Reply, send, setCookiesOf, times } from './http/client.ts'
import { EXPRESS_VERSIONS, listen, newApp, type SiteOptions, startSite, testAuth } from './http/server.ts'

const HTML = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }
const MINUTE = 60_000
const NOT_AUTHENTICATED = [401, { message: 'Not authenticated' }]

async function loggedIn(origin: string, body: object = {}): Promise<Browser> {
  const browser = new Browser(origin)
  await browser.post('/login', body)
  return browser
}

suite('authenticate with a login page', () => {
  const WITH_PAGE: SiteOptions = { loginPage: '/sign-in' }

  async function start(t: TestContext): Promise<string> {
    const { origin } = await startSite(t, WITH_PAGE, (app, auth) => {
      app.use('/members', auth.authenticate, (_, res) => void res.json({}))
    })
    return origin
  }

  test('sends a browser to it, with the way back', async (t) => {
    const origin = await start(t)
    const reply = await send(origin, '/members/a%20b?x=1&y=%2F', { headers: HTML })
    assert.equal(reply.status, 303)
    const returnTo = encodeURIComponent('/members/a%20b?x=1&y=%2F')
    assert.equal(reply.headers.location, `/sign-in?returnTo=${returnTo}`)
    assert.match(reply.headers['cache-control'] ?? '', /no-store/)
    assert.equal(reply.body, '')
  })

  test('answers programs 401 whatever they send', async (t) => {
    const origin = await start(t)
    for (const accept of ['application/json', '*/*', 'application/json, text/html', '', 'text/plain']) {
      assert.deepEqual(answer(await send(origin, '/members', { headers: { accept } })), NOT_AUTHENTICATED)
    }
    assert.deepEqual(answer(await send(origin, '/members')), NOT_AUTHENTICATED)
  })

  test('gives no way back to what cannot be asked for again', async (t) => {
    const origin = await start(t)
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const reply = await send(origin, '/members', { method, headers: HTML })
      assert.deepEqual([reply.status, reply.headers.location], [303, '/sign-in'])
    }
    const head = await send(origin, '/members', { method: 'HEAD', headers: HTML })
    assert.equal(head.headers.location, '/sign-in?returnTo=%2Fmembers')
  })

  test('W-12: the way back never leads to another site, whatever the path looks like', async (t) => {
    const { auth } = testAuth(t, WITH_PAGE)
    const app = newApp()
    app.use(auth.sessionMiddleware, auth.authenticate)
    const origin = await listen(t, app)
    const paths = [
      ...['//evil.example', '///evil.example', '/\\evil.example', '//\\evil.example', '//evil.example/%2f..'],
      ...[
        '/.//evil.example',
        '/..//evil.example',
        '/%2f/evil.example',
        '/%5cevil.example',
        '/%09/evil.example',
      ],
      ...['http://evil.example/', '/;//evil.example', '/@evil.example', '/?//evil.example'],
      ...['/a/../..//evil.example', '/%0d%0aLocation:%20//evil.example', '//user@evil.example', '/%00//e'],
    ]
    for (const path of paths) {
      const { status, headers } = await send(origin, path, { headers: HTML })
      assert.equal(status, 303, path)
      const location = new URL(headers.location ?? '', 'http://own.example/')
      assert.equal(location.origin + location.pathname, 'http://own.example/sign-in')
      const returnTo = new URL(location.searchParams.get('returnTo') ?? '/', 'http://own.example/')
      assert.equal(returnTo.origin, 'http://own.example', path)
    }
  })
})

suite('requireRecent', () => {
  const CHALLENGE = 'Session error="insufficient_user_authentication", max_age=600'

  const start = (t: TestContext, options: SiteOptions = {}) =>
    startSite(t, options, (app, auth) => {
      app.all('/recent', auth.requireRecent({ within: '10m' }), (_, res) => void res.json({}))
      app.all('/passkey', auth.requireRecent({ within: '10m', method: 'passkey' }), (_, res) => {
        res.json({})
      })
      app.post('/touch', (req, res) => {
        req.session.touch()
        req.session.username = 'x'
        res.json({})
      })
    })

  test('lets a fresh login pass, and challenges a stale one as RFC 9470 says (S-23, T41)', async (t) => {
    const { origin, clock } = await start(t)
    assert.deepEqual(answer(await send(origin, '/recent')), NOT_AUTHENTICATED)
    const browser = await loggedIn(origin)
    clock.advance(10 * MINUTE - 1)
    assert.equal((await browser.get('/recent')).status, 200)
    clock.advance(1)
    const stale = await browser.get('/recent')
    assert.equal(stale.status, 401)
    assert.equal(stale.headers['www-authenticate'], CHALLENGE)
    assert.deepEqual(json(stale), {
      message: 'Authenticate again to go on',
      code: 'insufficient_user_authentication',
    })
    assert.equal((await browser.get('/protected')).status, 200)
    await browser.post('/login')
    assert.equal((await browser.get('/recent')).status, 200)
  })

  test('counts the named method only', async (t) => {
    const { origin, clock } = await start(t)
    const browser = await loggedIn(origin)
    assert.equal((await browser.get('/passkey')).status, 401)
    await browser.post('/login', { method: 'passkey' })
    assert.equal((await browser.get('/passkey')).status, 200)
    clock.advance(9 * MINUTE)
    await browser.post('/login', { method: 'password' })
    assert.equal((await browser.get('/passkey')).status, 200)
    clock.advance(MINUTE)
    assert.equal((await browser.get('/passkey')).status, 401)
    assert.equal((await browser.get('/recent')).status, 200)
  })

  test('neither requests, touches, writes nor a renewed token make a login fresh (S-23, T38)', async (t) => {
    const { origin, clock } = await start(t, { renewal: { every: '2m' } })
    const browser = await loggedIn(origin)
    const first = browser.cookie
    for (let minute = 1; minute < 10; minute++) {
      clock.advance(MINUTE)
      await browser.post('/touch')
      await browser.get('/recent')
    }
    assert.notEqual(browser.cookie, first)
    clock.advance(MINUTE)
    assert.equal((await browser.get('/recent')).status, 401)
  })

  test('how one user authenticated counts for no other user who logs in after', async (t) => {
    const { origin, clock } = await start(t)
    const browser = await loggedIn(origin, { method: 'passkey' })
    assert.equal((await browser.get('/passkey')).status, 200)
    clock.advance(MINUTE)
    await browser.post('/login', { id: 'bob' })
    assert.equal((await browser.get('/recent')).status, 200)
    assert.equal((await browser.get('/passkey')).status, 401)
  })

  test('sends a browser to the login page, with the way back', async (t) => {
    const { origin, clock } = await start(t, { loginPage: '/sign-in' })
    const browser = await loggedIn(origin)
    clock.advance(11 * MINUTE)
    const reply = await browser.get('/recent', HTML)
    assert.deepEqual([reply.status, reply.headers.location], [303, '/sign-in?returnTo=%2Frecent'])
  })

  test('a misspelled option or an empty method is refused at the start, instead of a weaker guard', async (t) => {
    const { auth } = testAuth(t)
    const wrong: [object, RegExp][] = [
      [{ within: '10m', methd: 'passkey' }, /"methd".*within, method/],
      [{ within: '10m', method: '' }, /method takes/],
      [{ within: '10m', method: 5 }, /method takes/],
      [{ within: 'soon' }, /within takes/],
      [{}, /within takes/],
    ]
    for (const [options, message] of wrong) {
      const requireRecent: (options: never) => unknown = auth.requireRecent
      assert.throws(() => Reflect.apply(requireRecent, auth, [options]), { code: 'invalid_option', message })
    }
  })
})

suite('two createAuth in one application', () => {
  test('a session of one is never one of the other: whoever mixes them up gets an error', async (t) => {
    const users = testAuth(t).auth
    const admins = testAuth(t, { cookie: { name: 'admin' } }).auth
    const app = newApp()
    app.use('/separate', admins.sessionMiddleware, admins.authenticate, (_, res) => void res.json('admin'))
    app.use(users.sessionMiddleware)
    app.post('/login', (req, res) => {
      users.generateSession(req, { id: 1 })
      res.json({})
    })
    app.use('/guard', admins.authenticate, (_, res) => void res.json('admin'))
    app.use('/both', admins.sessionMiddleware, admins.authenticate, (_, res) => void res.json('admin'))
    app.use('/twice', users.sessionMiddleware, users.authenticate, (_, res) => void res.json('user'))
    app.use('/login-as-admin', (req, res) => {
      admins.generateSession(req, { id: 1 })
      res.json({})
    })
    const browser = new Browser(await listen(t, app))
    await browser.post('/login')
    const statuses: Record<string, number> = {}
    for (const path of ['/separate', '/guard', '/both', '/twice', '/login-as-admin']) {
      const reply = await browser.get(path)
      statuses[path] = reply.status
      if (reply.status === 500) assert.match(reply.body, /another createAuth\(\)/)
    }
    assert.deepEqual(statuses, {
      '/separate': 401,
      '/guard': 500,
      '/both': 500,
      '/twice': 200,
      '/login-as-admin': 500,
    })
  })
})

suite('guards cannot be walked around', () => {
  const SECRET = 'only for members'

  async function startGuarded(t: TestContext, make: typeof express): Promise<string> {
    const { auth } = testAuth(t)
    const app = newApp(make)
    app.use(auth.sessionMiddleware)
    app.get('/account/secret', auth.authenticate, (_, res) => void res.send(SECRET))
    const admin = make.Router()
    admin.use(auth.authenticate)
    admin.get('/panel', (_, res) => void res.send(SECRET))
    app.use('/admin', admin)
    app.post('/change', auth.authenticate, (_, res) => void res.send(SECRET))
    return listen(t, app)
  }

  for (const { name, express: make } of EXPRESS_VERSIONS) {
    test(`W-12: 2,000 spellings of protected paths reach no handler on ${name}`, async (t) => {
      const origin = await startGuarded(t, make)
      const paths = [...mutationsOf('/account/secret', 500), ...mutationsOf('/admin/panel', 500)]
      let guarded = 0
      for (const method of ['GET', 'HEAD']) {
        const queue = [...paths]
        await times(20, async () => {
          for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
            const reply = await send(origin, path, { method, headers: HTML })
            assert.ok([400, 401, 404].includes(reply.status), `${reply.status} for ${path}`)
            assert.equal(reply.body.includes(SECRET), false, path)
            if (reply.status === 401) guarded++
          }
        })
      }
      assert.ok(guarded > 200, 'many spellings do reach the guard')
    })
  }

  test('W-12, W-05: no header and no parameter switches a guard off or changes the method', async (t) => {
    const origin = await startGuarded(t, express)
    const headers: Record<string, string>[] = [
      { 'x-http-method-override': 'GET' },
      { 'x-http-method': 'POST' },
      { 'x-method-override': 'POST' },
      { 'x-original-url': '/' },
      { 'x-rewrite-url': '/' },
      { 'x-forwarded-path': '/' },
      { 'x-forwarded-prefix': '/public' },
      { 'x-middleware-subrequest': 'middleware:middleware:middleware:middleware:middleware' },
      { 'x-middleware-next': '1' },
      { 'x-middleware-rewrite': '/' },
      { 'x-forwarded-user': 'ann', 'x-remote-user': 'ann', 'remote-user': 'ann' },
      { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1' },
      { 'x-authenticated': 'true', 'x-user-id': 'ann' },
      { 'x-forwarded-proto': 'https', forwarded: 'for=127.0.0.1;proto=https' },
    ]
    for (const header of headers) {
      for (const path of ['/account/secret', '/admin/panel']) {
        const reply = await send(origin, path, { headers: header })
        assert.deepEqual(answer(reply), NOT_AUTHENTICATED, JSON.stringify(header))
      }
    }
    for (const path of ['/change?_method=POST', '/change?_method=GET', '/account/secret?_method=POST']) {
      for (const method of ['GET', 'POST']) {
        const reply = await send(origin, path, {
          method,
          headers: { 'x-http-method-override': 'POST' },
          form: { _method: 'POST' },
        })
        assert.ok([401, 404].includes(reply.status))
      }
    }
  })

  test('W-12: a guard that is reached without the session middleware answers an error that says so', async (t) => {
    const { auth } = testAuth(t)
    const app = newApp()
    app.get('/protected', auth.authenticate, (_, res) => void res.send(SECRET))
    app.get('/recent', auth.requireRecent({ within: '1m' }), (_, res) => void res.send(SECRET))
    app.post('/login', (req, res) => {
      auth.generateSession(req, { id: 1 })
      res.send(SECRET)
    })
    const origin = await listen(t, app)
    const replies = await Promise.all([
      send(origin, '/protected'),
      send(origin, '/recent'),
      send(origin, '/login', { method: 'POST' }),
    ])
    for (const { status, body } of replies) {
      assert.equal(status, 500)
      assert.match(body, /app\.use\(auth\.sessionMiddleware\)/)
      assert.equal(body.includes(SECRET), false)
    }
  })
})

/** Spellings of a path that routers, proxies and file systems have been known to read in different ways. */
function mutationsOf(path: string, count: number): string[] {
  const random = seeded(path)
  const found = new Set<string>()
  while (found.size < count) {
    let mutated = path
    const steps = 1 + Math.floor(random() * 3)
    for (let step = 0; step < steps; step++) mutated = mutateOnce(mutated, random)
    found.add(mutated)
  }
  return [...found]
}

const INSERTED = [
  ...[
    '/',
    '//',
    '/./',
    '/../',
    '/x/../',
    '/%2e/',
    '/%2e%2e/',
    '/.%2e/',
    ';x',
    ';',
    ';jsessionid=1',
    '.',
    '%2f',
  ],
  ...[
    '%5c',
    '\\',
    '%00',
    '%20',
    '%09',
    '%0a',
    '%23',
    '%3f',
    '?',
    '#',
    '*',
    '.json',
    '.html',
    '~',
    '%',
    '%zz',
  ],
  ...['%c0%af', '%ef%bc%8f', '@', ':', '&', '=', '+', '%252f', '%u002f', '..;', '..%2f', '.;/'],
]

function mutateOnce(path: string, random: () => number): string {
  const position = Math.floor(random() * (path.length + 1))
  const inserted = INSERTED[Math.floor(random() * INSERTED.length)] ?? ''
  const kind = random()
  if (kind < 0.4) return path.slice(0, position) + inserted + path.slice(position)
  if (kind < 0.6) return path + inserted
  if (kind < 0.75) return inserted.startsWith('/') ? inserted + path.slice(1) : `/${inserted}${path}`
  if (kind < 0.9) return swapCase(path, position)
  return percentEncode(path, position)
}

function swapCase(path: string, position: number): string {
  const letter = path.charAt(position)
  const swapped = letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase()
  return path.slice(0, position) + swapped + path.slice(position + 1)
}

function percentEncode(path: string, position: number): string {
  if (position === 0 || position >= path.length) return `${path}/`
  const code = path.charCodeAt(position).toString(16).padStart(2, '0')
  return `${path.slice(0, position)}%${code}${path.slice(position + 1)}`
}

/** The same numbers in every run, so that a failure can be repeated. */
function seeded(text: string): () => number {
  let state = [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7)
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

test('a guard answers without a body to HEAD, and sets no cookie', async (t) => {
  const { origin } = await startSite(t)
  const reply: Reply = await send(origin, '/protected', { method: 'HEAD' })
  assert.deepEqual([reply.status, reply.body, setCookiesOf(reply)], [401, '', []])
})
