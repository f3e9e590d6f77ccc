import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import cookieParser from 'cookie-parser'
import type { RequestHandler } from 'express'
import { answer, Browser, json, send, setCookiesOf } from '../http/client.ts'
import { EXPRESS_VERSIONS } from '../http/server.ts'
import {
  cookieOf,
  EXPRESS_SESSION,
  idIn,
  type Library,
  OLD_WAY,
  rowOf,
  SECRET,
  serve,
  signedValue,
  spyOn,
} from './support.ts'

/** Reads and counts, says what the session is. */
const views: RequestHandler = (req, res) => {
  req.session.views = (req.session.views ?? 0) + 1
  res.json({ views: req.session.views, id: req.sessionID })
}
const look: RequestHandler = (req, res) => void res.json({ data: req.session, id: req.sessionID })

function testRequests(library: Library): void {
  test('a visitor gets a session at once, without a look into the store', async (t) => {
    const store = spyOn(library.createStore())
    const order: string[] = []
    const middleware = library.session({ store })
    const { get } = await serve(t, { ...library, session: () => around(middleware, order) }, {}, (app) => {
      app.get('/', (req, res) => {
        order.push('handler')
        const { sessionID, sessionStore, session } = req
        res.json([typeof sessionID, Object.is(sessionStore, store), session.id === sessionID])
      })
    })
    assert.deepEqual(json(await get('/')), ['string', true, true])
    assert.deepEqual(order, ['handler', 'returned'])
    assert.deepEqual(store.calls, [])
  })

  test('the cookie holds the id, signed with HMAC-SHA256', async (t) => {
    const { get, browser } = await serve(t, library, {}, (app) => app.get('/', views))
    const { id } = Object(json(await get('/')))
    assert.match(id, /^[A-Za-z0-9_-]{32}$/)
    assert.equal(cookieOf(browser), signedValue(id))
    assert.deepEqual(Object(json(await get('/'))), { views: 2, id })
  })

  test('a cookie with a bad signature, or none, is no session and costs no look into the store', async (t) => {
    const store = spyOn(library.createStore())
    const { origin } = await serve(t, library, { store }, (app) => app.get('/', look))
    for (const value of [
      's%3Aabc.def',
      's:',
      's:abc',
      'abc',
      '%',
      's%3A%E0%A4%A.x',
      '""',
      signedValue('abc', 'x'),
    ]) {
      const reply = await send(origin, '/', { headers: { cookie: `connect.sid=${value}` } })
      assert.equal(reply.status, 200)
    }
    assert.deepEqual(store.calls, [])
  })

  test('an id that the store does not know is never adopted', async (t) => {
    const { origin } = await serve(t, library, {}, (app) => app.get('/', views))
    const browser = new Browser(origin, [['connect.sid', signedValue('chosen')]])
    const { id } = Object(json(await browser.get('/')))
    assert.notEqual(id, 'chosen')
    assert.equal(idIn(cookieOf(browser)), id)
  })

  test('the error of a store goes to the error handler as it is; ENOENT is a session that is not there', async (t) => {
    const store = spyOn(library.createStore())
    const { get, errors } = await serve(t, library, { store }, (app) => app.get('/', views))
    await get('/')
    const broken = new Error('broken')
    store.failing.set('get', broken)
    assert.equal((await get('/')).status, 500)
    assert.deepEqual(errors, [broken])
    store.failing.set('get', Object.assign(new Error('no file'), { code: 'ENOENT' }))
    assert.equal(Object(json(await get('/'))).views, 1)
  })

  test('a stored session without a cookie is an error', async (t) => {
    const store = library.createStore()
    const { origin } = await serve(t, library, { store }, (app) => app.get('/', look))
    store.set('bad', { a: 1 })
    const browser = new Browser(origin, [['connect.sid', signedValue('bad')]])
    assert.equal((await browser.get('/')).status, 500)
  })

  test('what cookie-parser has read counts where the header says nothing', async (t) => {
    const { browser, get, origin } = await serve(t, library, {}, (app) => app.get('/', views), {
      before: [
        (req, _, next) => {
          const { 'x-signed': signed, 'x-plain': plain } = req.headers
          Object.assign(req, { signedCookies: { 'connect.sid': signed }, cookies: { 'connect.sid': plain } })
          next()
        },
      ],
    })
    const { id } = Object(json(await get('/')))
    const plain = decodeURIComponent(cookieOf(browser))
    const bySigned = await send(origin, '/', { headers: { 'x-signed': idIn(cookieOf(browser)) } })
    const byPlain = await send(origin, '/', { headers: { 'x-plain': plain } })
    assert.deepEqual([bySigned, byPlain].map(json), [
      { views: 2, id },
      { views: 3, id },
    ])
  })

  test('without a secret of its own it takes that of cookie-parser', async (t) => {
    const before = [cookieParser('other secret')]
    const options = { secret: undefined }
    const { get, browser } = await serve(t, library, Object(options), (app) => app.get('/', views), {
      before,
    })
    const { id } = Object(json(await get('/')))
    assert.equal(cookieOf(browser), signedValue(id, 'other secret'))
    const without = await serve(t, library, Object(options), (app) => app.get('/', views))
    assert.equal((await without.get('/')).status, 500)
    assert.match(String(without.errors[0]), /secret option required for sessions/)
  })

  test('of several secrets the first signs, and each of them verifies', async (t) => {
    const store = library.createStore()
    const old = await serve(t, library, { store, secret: 'old' }, (app) => app.get('/', views))
    await old.get('/')
    const now = await serve(t, library, { store, secret: ['new', 'old'] }, (app) => app.get('/', views))
    const browser = new Browser(now.origin, old.browser.jar)
    assert.equal(Object(json(await browser.get('/'))).views, 2)
    const { get, browser: fresh } = now
    const { id } = Object(json(await get('/')))
    assert.equal(cookieOf(fresh), signedValue(id, 'new'))
  })

  test('a request that has a session already is left alone', async (t) => {
    const before: RequestHandler[] = [
      (req, _, next) => {
        Object.assign(req, { session: { of: 'somebody else' } })
        next()
      },
    ]
    const { get } = await serve(t, library, {}, (app) => app.get('/', look), { before })
    assert.deepEqual(json(await get('/')), { data: { of: 'somebody else' } })
  })

  test('outside of cookie.path there is no req.session', async (t) => {
    const { get } = await serve(t, library, { cookie: { path: '/admin' } }, (app) => {
      app.use((req, res) => void res.json(req.session === undefined))
    })
    assert.deepEqual(
      await Promise.all(['/', '/admin', '/admin/users?a'].map(async (p) => json(await get(p)))),
      [true, false, false],
    )
  })

  test('a store that says it has lost its server leaves requests without a session', async (t) => {
    const store = library.createStore()
    const { get } = await serve(t, library, { store }, (app) => {
      app.get('/', (req, res) => void res.json(req.session === undefined))
    })
    emit(store, 'disconnect')
    assert.equal(json(await get('/')), true)
    emit(store, 'connect')
    assert.equal(json(await get('/')), false)
  })
}

function testSessionObject(library: Library): void {
  test('data and cookie are own enumerable properties; id, req and methods are not, and id and req are read-only', async (t) => {
    const { get } = await serve(t, library, {}, (app) => {
      app.get('/', (req, res) => {
        const { session } = req
        session.a = 1
        const inherited: string[] = []
        for (const name in session) inherited.push(name)
        assert.throws(() => Object.assign(session, { id: 'x' }), TypeError)
        assert.throws(() => Object.assign(session, { req: 'x' }), TypeError)
        res.json([
          Object.keys(session).sort(),
          inherited.sort(),
          Object.hasOwn(session, 'id'),
          'save' in session,
        ])
      })
    })
    const names = ['a', 'cookie']
    assert.deepEqual(json(await get('/')), [names, names, true, true])
  })

  test('a method can be overridden on one session', async (t) => {
    const { get } = await serve(t, library, {}, (app) => {
      app.get('/', (req, res) => {
        Object.assign(req.session, { reload: () => 'mine' })
        res.json(Reflect.apply(Reflect.get(req.session, 'reload'), req.session, []))
      })
    })
    assert.equal(json(await get('/')), 'mine')
  })

  test('stored keys that have a name of the session or of every object are left out', async (t) => {
    const store = library.createStore()
    const { origin } = await serve(t, library, { store }, (app) => app.get('/', look))
    const row = JSON.parse('{"a":1,"save":1,"toString":2,"__proto__":{"admin":true},"constructor":3}')
    store.set('id', { ...row, cookie: { originalMaxAge: null } })
    const browser = new Browser(origin, [['connect.sid', signedValue('id')]])
    const { data } = Object(json(await browser.get('/')))
    assert.deepEqual(Object.keys(data).sort(), ['a', 'cookie'])
    assert.equal(data.admin, undefined)
  })

  test('a session keeps what JSON keeps, to any depth', async (t) => {
    const { get } = await serve(t, library, {}, (app) => {
      app.get('/set', (req, res) => {
        req.session.a = { items: [1, { deep: null }], when: new Date(0), skipped: undefined }
        res.json({})
      })
      app.get('/deep', (req, res) => {
        Object(req.session.a).items[1].deep = true
        res.json({})
      })
      app.get('/', (req, res) => void res.json(req.session.a))
    })
    await get('/set')
    await get('/deep')
    assert.deepEqual(json(await get('/')), { items: [1, { deep: true }], when: '1970-01-01T00:00:00.000Z' })
  })

  test('maxAge counts down and resetMaxAge starts again; touch and resetMaxAge give the session', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: 1_000_000 })
    const { get } = await serve(t, library, { cookie: { maxAge: 60_000 } }, (app) => {
      app.get('/', (req, res) => {
        const { session } = req
        t.mock.timers.setTime(1_010_000)
        const before = session.cookie.maxAge
        const isChained = Object.is(session.touch(), session) && Object.is(session.resetMaxAge(), session)
        res.json([before, isChained, session.cookie.maxAge, session.cookie.originalMaxAge])
      })
    })
    assert.deepEqual(json(await get('/')), [50_000, true, 60_000, 60_000])
  })
}

function testMethods(library: Library): void {
  test('save stores at once, and is not repeated unless something changed since', async (t) => {
    const store = spyOn(library.createStore())
    const { get } = await serve(t, library, { store }, (app) => {
      app.get('/once', (req, res) => {
        req.session.a = 1
        req.session.save((error) =>
          res.json([error ?? null, store.calls.filter((name) => name === 'set').length]),
        )
      })
      app.get('/twice', (req, res) => {
        req.session.a = 2
        req.session.save(() => {
          req.session.b = 2
          res.json({})
        })
      })
    })
    assert.deepEqual(json(await get('/once')), [null, 1])
    assert.equal(sets(store.calls), 1)
    store.calls.length = 0
    await get('/twice')
    assert.equal(sets(store.calls), 2)
  })

  test('save reports the error of the store to its callback', async (t) => {
    const store = spyOn(library.createStore())
    const { get } = await serve(t, library, { store }, (app) => {
      app.get('/', (req, res) => {
        req.session.a = 1
        req.session.save((error) => {
          store.failing.clear()
          res.json(String(error))
        })
      })
    })
    store.failing.set('set', new Error('full'))
    assert.equal(json(await get('/')), 'Error: full')
  })

  test('reload brings a new object with what is stored, or an error', async (t) => {
    const store = library.createStore()
    const { get } = await serve(t, library, { store }, (app) => {
      app.get('/set', views)
      app.get('/reload', (req, res) => {
        const { session } = req
        session.views = 99
        session.reload((error) => res.json([error ?? null, req.session !== session, req.session.views]))
      })
      app.get('/gone', (req, res) => {
        store.destroy(req.sessionID, () => {
          req.session.reload((error) => res.json(String(error)))
        })
      })
    })
    await get('/set')
    assert.deepEqual(json(await get('/reload')), [null, true, 1])
    assert.equal(json(await get('/gone')), 'Error: failed to load session')
  })

  test('destroy takes req.session away at once and the row with it', async (t) => {
    const store = library.createStore()
    const { get } = await serve(t, library, { store }, (app) => {
      app.get('/set', views)
      app.get('/destroy', (req, res) => {
        req.session.destroy((error) => res.json([error ?? null, req.session === undefined]))
        assert.equal(req.session, undefined)
      })
      app.get('/silently', (req, res) => {
        Reflect.apply(Reflect.get(req.session, 'destroy'), req.session, [])
        res.json({})
      })
    })
    const { id } = Object(json(await get('/set')))
    assert.deepEqual(json(await get('/destroy')), [null, true])
    assert.equal(await rowOf(store, id), null)
    const again = Object(json(await get('/set')))
    assert.equal(again.views, 1)
    assert.equal((await get('/silently')).status, 200)
    assert.equal(await rowOf(store, again.id), null)
  })

  test('regenerate gives an empty session under a new id, and saves it', async (t) => {
    const store = library.createStore()
    const { get, browser } = await serve(t, library, { store }, (app) => {
      app.get('/set', views)
      app.get('/regenerate', (req, res) => {
        req.session.regenerate((error) => res.json([error ?? null, req.session.views ?? null, req.sessionID]))
      })
    })
    const { id } = Object(json(await get('/set')))
    const [error, left, next] = Object(json(await get('/regenerate')))
    assert.deepEqual([error, left], [null, null])
    assert.notEqual(next, id)
    assert.equal(idIn(cookieOf(browser)), next)
    assert.equal(await rowOf(store, id), null)
    assert.notEqual(await rowOf(store, next), null)
  })

  test('regenerate goes on when the old session could not be ended, and tells', async (t) => {
    const store = spyOn(library.createStore())
    const { get } = await serve(t, library, { store }, (app) => {
      app.get('/set', views)
      app.get('/regenerate', (req, res) => {
        const { id } = req.session
        req.session.regenerate((error) => {
          store.failing.clear()
          res.json([String(error), req.sessionID !== id])
        })
      })
    })
    await get('/set')
    store.failing.set('destroy', new Error('busy'))
    assert.deepEqual(json(await get('/regenerate')), ['Error: busy', true])
  })

  test('a store loads a session for use outside of a request, and makes one from its row', async (t) => {
    const store = library.createStore()
    const { get } = await serve(t, library, { store }, (app) => {
      app.get('/set', views)
      app.get('/load', (req, res) => {
        req.sessionStore.load(req.sessionID, (error, session) => {
          res.json([
            error ?? null,
            session?.id === req.sessionID,
            Object(session).views,
            typeof Object(session).save,
          ])
        })
      })
      app.get('/unknown', (req, res) => {
        req.sessionStore.load('unknown', (error, session) => res.json([error ?? null, session ?? null]))
      })
      app.get('/regenerate', (req, res) => {
        const { sessionID } = req
        req.sessionStore.regenerate(req, (error?: unknown) =>
          res.json([error ?? null, req.sessionID !== sessionID]),
        )
      })
    })
    await get('/set')
    assert.deepEqual(json(await get('/load')), [null, true, 1, 'function'])
    assert.deepEqual(json(await get('/unknown')), [null, null])
    assert.deepEqual(json(await get('/regenerate')), [null, true])
  })
}

function testResponses(library: Library): void {
  const pages: [string, RequestHandler][] = [
    ['/', look],
    ['/set', views],
  ]
  const routes = (app: { get: (path: string, handler: RequestHandler) => unknown }) => {
    for (const [path, handler] of pages) app.get(path, handler)
  }

  test('saveUninitialized stores sessions with nothing in them and sets their cookie; without it neither', async (t) => {
    for (const saveUninitialized of [true, false]) {
      const store = spyOn(library.createStore())
      const { get, browser } = await serve(t, library, { store, saveUninitialized, resave: false }, routes)
      await get('/')
      assert.equal(sets(store.calls), saveUninitialized ? 1 : 0)
      assert.equal(browser.jar.size, saveUninitialized ? 1 : 0)
    }
  })

  test('resave writes sessions that nobody changed', async (t) => {
    for (const resave of [true, false]) {
      const store = spyOn(library.createStore())
      const { get } = await serve(t, library, { store, resave }, routes)
      await get('/set')
      store.calls.length = 0
      await get('/')
      assert.equal(sets(store.calls), resave ? 1 : 0)
    }
  })

  test('the cookie of a known session is set again when it has a maxAge and the session changed, or with rolling', async (t) => {
    const cases: [object, number, number][] = [
      [{}, 0, 0],
      [{ cookie: { maxAge: 60_000 } }, 1, 0],
      [{ rolling: true }, 1, 1],
    ]
    for (const [options, whenChanged, whenNot] of cases) {
      const { get } = await serve(t, library, options, routes)
      await get('/set')
      assert.equal(setCookiesOf(await get('/set')).length, whenChanged)
      assert.equal(setCookiesOf(await get('/')).length, whenNot)
    }
  })

  test('a change of the cookie alone is not a change of the session', async (t) => {
    const store = spyOn(library.createStore())
    const { get } = await serve(t, library, { store }, (app) => {
      routes(app)
      app.get('/cookie', (req, res) => {
        req.session.cookie.maxAge = 1_000_000
        res.json({})
      })
    })
    await get('/set')
    store.calls.length = 0
    const reply = await get('/cookie')
    assert.deepEqual(setCookiesOf(reply), [])
    assert.deepEqual(writes(store.calls), ['touch'])
  })

  test('the cookie goes after those that the application sets', async (t) => {
    const { get } = await serve(t, library, {}, (app) => {
      app.get('/', (req, res) => {
        req.session.a = 1
        res.setHeader('Set-Cookie', 'one=1')
        res.writeHead(200, { 'X-Late': 'yes' })
        res.end()
      })
    })
    const reply = await get('/')
    assert.deepEqual(
      setCookiesOf(reply).map(({ name }) => name),
      ['one', 'connect.sid'],
    )
    assert.equal(reply.headers['x-late'], 'yes')
  })

  test("req.session = null ends the session with unset: 'destroy', and leaves it with 'keep'", async (t) => {
    for (const unset of ['destroy', 'keep'] as const) {
      const store = library.createStore()
      const { get } = await serve(t, library, { store, unset }, (app) => {
        routes(app)
        app.get('/null', (req, res) => {
          Object.assign(req, { session: null })
          res.json({})
        })
      })
      const { id } = Object(json(await get('/set')))
      assert.equal((await get('/null')).status, 200)
      assert.equal((await rowOf(store, id)) === null, unset === 'destroy')
    }
  })

  test('a response of each form arrives whole', async (t) => {
    const { get, browser } = await serve(t, library, {}, (app) => {
      app.use((req, _, next) => {
        req.session.views = (req.session.views ?? 0) + 1
        next()
      })
      app.get('/empty', (_, res) => res.status(204).end())
      app.get('/chunks', (_, res) => {
        res.write('one,')
        res.write(Buffer.from('two,'))
        res.end('three')
      })
      app.get('/length', (_, res) => void res.setHeader('Content-Length', 5).end('12345'))
      app.get('/latin', (_, res) => void res.end('\u00e9', 'latin1'))
      app.get('/redirect', (_, res) => res.redirect('/chunks'))
      app.get('/type', (_, res) => void res.type('text').send('sent'))
    })
    const bodies = ['/empty', '/chunks', '/length', '/type'].map(async (path) => (await get(path)).body)
    assert.deepEqual(await Promise.all(bodies), ['', 'one,two,three', '12345', 'sent'])
    assert.equal((await get('/redirect')).status, 302)
    assert.equal((await get('/latin')).body.length, 1)
    assert.deepEqual(
      answer(await browser.send('/type', { method: 'HEAD' }).then((reply) => ({ ...reply, body: '0' }))),
      [200, 0],
    )
  })

  test('two ends of a response are one', async (t) => {
    const { get } = await serve(t, library, {}, (app) => {
      app.get('/', (req, res) => {
        req.session.a = 1
        res.end('once')
        res.end('twice')
      })
    })
    assert.equal((await get('/')).body, 'once')
  })
}

function testCookieOptions(library: Library): void {
  test('each attribute is written as given', async (t) => {
    const cookie = {
      domain: 'example.com',
      path: '/a',
      sameSite: 'strict' as const,
      priority: 'high' as const,
      partitioned: true,
      secure: true,
    }
    const { get } = await serve(t, library, { cookie, proxy: true }, (app) => app.get('/a', views), {
      before: [
        (req, _, next) => {
          req.headers['x-forwarded-proto'] = 'https, http'
          next()
        },
      ],
    })
    const reply = await get('/a')
    const [, attributes] = /^[^;]+; (.*)$/.exec(String(reply.headers['set-cookie'])) ?? []
    assert.equal(
      attributes,
      'Domain=example.com; Path=/a; HttpOnly; Secure; Partitioned; Priority=High; SameSite=Strict',
    )
  })

  test('without options it is a cookie of the browser session, with a path and HttpOnly', async (t) => {
    const { get } = await serve(t, library, {}, (app) => app.get('/', views))
    assert.match(String((await get('/')).headers['set-cookie']), /^connect\.sid=[^;]+; Path=\/; HttpOnly$/)
  })

  test('maxAge makes it expire', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: 0 })
    const { get } = await serve(t, library, { cookie: { maxAge: 60_000 } }, (app) => app.get('/', views))
    assert.match(
      String((await get('/')).headers['set-cookie']),
      /; Expires=Thu, 01 Jan 1970 00:01:00 GMT; HttpOnly$/,
    )
  })

  test('a Secure cookie goes over what counts as https only', async (t) => {
    const cases: [boolean | undefined, string | undefined, boolean][] = [
      [undefined, 'https', false],
      [true, 'https', true],
      [true, 'http', false],
      [true, undefined, false],
      [false, 'https', false],
    ]
    for (const [proxy, forwarded, isSent] of cases) {
      const options = { cookie: { secure: true }, ...(proxy === undefined ? {} : { proxy }) }
      const { origin } = await serve(t, library, options, (app) => app.get('/', views))
      const headers: Record<string, string> =
        forwarded === undefined ? {} : { 'x-forwarded-proto': forwarded }
      const reply = await send(origin, '/', { headers })
      assert.equal(setCookiesOf(reply).length, isSent ? 1 : 0, `${proxy} ${forwarded}`)
    }
  })

  test("Express' trust proxy counts where proxy is not set", async (t) => {
    const { origin } = await serve(t, library, { cookie: { secure: true } }, (app) => {
      app.set('trust proxy', 1)
      app.get('/', views)
    })
    const reply = await send(origin, '/', { headers: { 'x-forwarded-proto': 'https' } })
    assert.equal(setCookiesOf(reply).length, 1)
  })

  test("'auto' follows the request", async (t) => {
    const cookie = Object({ secure: 'auto', sameSite: 'auto' })
    const { origin } = await serve(t, library, { cookie, proxy: true }, (app) => app.get('/', views))
    const plain = await send(origin, '/')
    const secure = await send(origin, '/', { headers: { 'x-forwarded-proto': 'https' } })
    assert.match(String(plain.headers['set-cookie']), /HttpOnly; SameSite=Lax$/)
    assert.match(String(secure.headers['set-cookie']), /HttpOnly; Secure; SameSite=None$/)
  })

  test('a function gives each request its own cookie', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: 0 })
    const cookie = (req: { url?: string | undefined }) => ({
      maxAge: req.url === '/long' ? 90_000 : 30_000,
      secure: false,
    })
    const { origin } = await serve(t, library, { cookie }, (app) => {
      app.use((req, res) => {
        req.session.a = 1
        res.json(req.session.cookie.originalMaxAge)
      })
    })
    assert.deepEqual([json(await send(origin, '/long')), json(await send(origin, '/'))], [90_000, 30_000])
  })

  test('a cookie that cannot be written is left out, and the error handler is told', async (t) => {
    const { get, errors, origin } = await serve(t, library, { cookie: { maxAge: Infinity } }, (app) =>
      app.get('/', views),
    )
    const reply = await get('/')
    assert.deepEqual([reply.status, setCookiesOf(reply)], [200, []])
    await send(origin, '/').catch(() => {})
    assert.match(String(errors[0]), /TypeError: option expires is invalid/)
  })

  test('a maxAge that is no number is refused', async (t) => {
    const { get } = await serve(t, library, {}, (app) => {
      app.get('/', (req, res) => {
        assert.throws(() => Object.assign(req.session.cookie, { maxAge: 'soon' }), TypeError)
        res.json(req.session.cookie.maxAge)
      })
    })
    assert.equal(json(await get('/')), null)
  })
}

function testOptions(library: Library): void {
  test('options of the wrong kind are refused when the middleware is made', () => {
    assert.throws(() => library.session(Object({ genid: 'x' })), /genid option must be a function/)
    assert.throws(() => library.session(Object({ unset: 'x' })), /unset option must be "destroy" or "keep"/)
    assert.throws(
      () => library.session({ secret: [] }),
      /secret option array must contain one or more strings/,
    )
    assert.throws(() => library.session(Object({ store: { get() {} } })), TypeError)
  })

  test('name, key and genid are used', async (t) => {
    for (const naming of [{ name: 'sid' }, { key: 'sid' }]) {
      const options = { ...naming, genid: (req: { url?: string | undefined }) => `id-of-${req.url}` }
      const { get, browser } = await serve(t, library, Object(options), (app) => app.get('/x', views))
      await get('/x')
      assert.equal(idIn(cookieOf(browser, 'sid')), 'id-of-/x')
    }
  })

  test('it runs on Express 4 as on 5', async (t) => {
    for (const { express } of EXPRESS_VERSIONS) {
      const { get } = await serve(t, library, { secret: SECRET }, (app) => app.get('/', views), {
        make: express,
      })
      await get('/')
      assert.equal(Object(json(await get('/'))).views, 2)
    }
  })
}

function around(middleware: RequestHandler, order: string[]): RequestHandler {
  return (req, res, next) => {
    void middleware(req, res, next)
    order.push('returned')
  }
}

function emit(store: object, event: string): void {
  const method: unknown = Reflect.get(store, 'emit')
  if (typeof method === 'function') Reflect.apply(method, store, [event])
}

function writes(calls: readonly string[]): string[] {
  return calls.filter((name) => name !== 'get')
}

function sets(calls: readonly string[]): number {
  return calls.filter((name) => name === 'set').length
}

/** The same assertions for both: what express-session documents, and what programs have come to lean on. */
for (const library of [EXPRESS_SESSION, OLD_WAY]) {
  suite(`the contract of express-session, kept by ${library.name}`, () => {
    testRequests(library)
    testSessionObject(library)
    testMethods(library)
    testResponses(library)
    testCookieOptions(library)
    testOptions(library)
  })
}
