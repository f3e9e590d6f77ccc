import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import type { Express, Request, RequestHandler, Response } from 'express'
import session, { type Store } from 'express-session'
import { createAuth, type LatchstringErrorCode } from 'latchstring/express'
import dropIn from 'latchstring/express-session'
import { answer, Browser, send, setCookiesOf, times } from '../http/client.ts'
import { EXPRESS_VERSIONS, listen, newApp } from '../http/server.ts'
import { errorWith } from '../support.ts'
import { idsIn, OLD_COOKIE, SECRET, sidOf } from './support.ts'

const USERS = [
  { id: 'u-1', username: 'testuser', password: 'password123' },
  { id: 42, username: 'number', password: 'password123' },
]
const CREDENTIALS = { username: 'testuser', password: 'password123' }
const NOT_AUTHENTICATED = [401, { message: 'Not authenticated' }]

interface TutorialOptions {
  readonly store?: Store
  /** Milliseconds. A busy machine needs the usual ones: only for a store that never answers are fewer. */
  readonly storeTimeout?: number
  readonly addRoutes?: (app: Express, auth: ReturnType<typeof authOn>) => void
}

const OPTIONS = { secret: SECRET, resave: false, saveUninitialized: false }

/** The real one, and ours in its place. */
const MIDDLEWARES: {
  readonly title: string
  readonly make: (store: Store, storeTimeout: number) => RequestHandler
}[] = [
  { title: 'express-session', make: (store) => session({ ...OPTIONS, store }) },
  {
    title: 'latchstring/express-session',
    make: (store, storeTimeout) => dropIn({ ...OPTIONS, store, storeTimeout }),
  },
]
const CASES = EXPRESS_VERSIONS.flatMap((version) => MIDDLEWARES.map((made) => ({ ...version, ...made })))

const USUAL_TIMEOUT = 1_000

function authOn(middleware: RequestHandler, storeTimeout = USUAL_TIMEOUT) {
  return createAuth({ middleware, storeTimeout, warn: () => {} })
}

for (const { name, express, title, make } of CASES) {
  /** The program of the tutorial as its readers type it, on an express-session of their own. */
  async function startTutorial(
    t: TestContext,
    { store = new session.MemoryStore(), storeTimeout = USUAL_TIMEOUT, addRoutes }: TutorialOptions = {},
  ): Promise<string> {
    const auth = authOn(make(store, storeTimeout), 2 * storeTimeout)
    const { sessionMiddleware, generateSession, authenticate, endSession } = auth
    const app = newApp(express)
    app.use(express.json())
    app.use(sessionMiddleware)

    const findUser = ({ body }: Request) =>
      USERS.find(({ username, password }) => username === body.username && password === body.password)

    app.post('/login', (req: Request, res: Response) => {
      const user = findUser(req)
      if (user === undefined) {
        res.status(401).json({ message: 'Invalid credentials' })
        return
      }
      generateSession(req, user)
      res.json({ message: 'Login successful' })
    })
    app.post('/login/redirect', (req, res) => {
      generateSession(req, findUser(req) ?? { id: 'nobody' })
      res.redirect('/protected')
    })
    app.post('/login/awaited', async (req, res) => {
      await generateSession(req, findUser(req) ?? { id: 'nobody' })
      res.json({ userId: Reflect.get(req.session, 'userId') })
    })
    app.post('/logout', (req, res) => {
      endSession(req)
      res.json({ message: 'Logged out' })
    })
    app.post('/cart', (req, res) => {
      Object.assign(req.session, { cart: req.body })
      res.json({})
    })
    app.get('/protected', authenticate, (req, res) => {
      const { userId, username, cart } = JSON.parse(JSON.stringify(req.session))
      res.json({ message: 'You are authenticated!', userId, username, cart })
    })
    addRoutes?.(app, auth)
    return listen(t, app)
  }

  const authenticated = (more: object = {}) => [
    200,
    { message: 'You are authenticated!', userId: 'u-1', username: 'testuser', ...more },
  ]

  suite(`the tutorial on ${title} and ${name}`, () => {
    test('logs in, shows the protected page and logs out', async (t) => {
      const store = new session.MemoryStore()
      const browser = new Browser(await startTutorial(t, { store }))
      assert.deepEqual(answer(await browser.get('/protected')), NOT_AUTHENTICATED)
      const login = await browser.post('/login', CREDENTIALS)
      assert.deepEqual(answer(login), [200, { message: 'Login successful' }])
      assert.equal(setCookiesOf(login).length, 1)
      assert.deepEqual(answer(await browser.get('/protected')), authenticated())

      const thief = browser.copy()
      const logout = await browser.post('/logout')
      assert.deepEqual(answer(logout), [200, { message: 'Logged out' }])
      const cookies = logout.headers['set-cookie'] ?? []
      assert.ok(cookies.length > 0)
      for (const cookie of cookies)
        assert.match(cookie, /^connect\.sid=; .*Path=\/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly/)
      assert.deepEqual(await idsIn(store), [])
      assert.deepEqual(answer(await thief.get('/protected')), NOT_AUTHENTICATED)
    })

    test('a wrong password gives no session', async (t) => {
      const store = new session.MemoryStore()
      const browser = new Browser(await startTutorial(t, { store }))
      assert.equal((await browser.post('/login', { ...CREDENTIALS, password: 'wrong' })).status, 401)
      assert.deepEqual(await idsIn(store), [])
    })

    test('S-10: a login changes the id although nobody waits for it, keeps the data, and the old id is dead', async (t) => {
      const store = new session.MemoryStore()
      const browser = new Browser(await startTutorial(t, { store }))
      await browser.post('/cart', ['tea'])
      const planted = browser.copy()
      await browser.post('/login', CREDENTIALS)
      assert.notEqual(sidOf(browser), sidOf(planted))
      assert.equal((await idsIn(store)).length, 1)
      assert.deepEqual(answer(await browser.get('/protected')), authenticated({ cart: ['tea'] }))
      assert.deepEqual(answer(await planted.get('/protected')), NOT_AUTHENTICATED)
    })

    test('the data of another user stay behind', async (t) => {
      const browser = new Browser(await startTutorial(t))
      await browser.post('/login', { ...CREDENTIALS, username: 'number' })
      await browser.post('/cart', ['tea'])
      await browser.post('/login', CREDENTIALS)
      assert.deepEqual(answer(await browser.get('/protected')), authenticated())
    })

    test('a redirect that is followed at once is logged in, however slow the store is', async (t) => {
      const store = new session.MemoryStore()
      const { set } = store
      store.set = (sid, value, done) => void setTimeout(() => set.call(store, sid, value, done), 30)
      const browser = new Browser(await startTutorial(t, { store }))
      const redirect = await browser.post('/login/redirect', CREDENTIALS)
      assert.equal(redirect.status, 302)
      assert.deepEqual(answer(await browser.get(redirect.headers.location ?? '')), authenticated())
    })

    test('an async handler may await generateSession, and sees the user then', async (t) => {
      const browser = new Browser(await startTutorial(t))
      assert.deepEqual(answer(await browser.post('/login/awaited', CREDENTIALS)), [200, { userId: 'u-1' }])
    })

    test('what the handler still changes after generateSession goes along', async (t) => {
      const addRoutes: TutorialOptions['addRoutes'] = (app, { generateSession }) => {
        app.post('/login/cart', (req, res) => {
          generateSession(req, { id: 'u-1', username: 'testuser' })
          Object.assign(req.session, { cart: ['late'] })
          res.json({})
        })
      }
      const browser = new Browser(await startTutorial(t, { addRoutes }))
      await browser.post('/login/cart')
      assert.deepEqual(answer(await browser.get('/protected')), authenticated({ cart: ['late'] }))
    })

    test('a login counts for authenticate in the same request', async (t) => {
      const addRoutes: TutorialOptions['addRoutes'] = (
        app,
        { generateSession, authenticate, endSession },
      ) => {
        const logIn: RequestHandler = (req, _, next) => {
          generateSession(req, { id: 7 })
          next()
        }
        const logOut: RequestHandler = (req, _, next) => {
          endSession(req)
          next()
        }
        app.post('/in', logIn, authenticate, (_, res) => {
          res.json('in')
        })
        app.post('/out', logOut, authenticate, (_, res) => {
          res.json('in')
        })
      }
      const browser = new Browser(await startTutorial(t, { addRoutes }))
      assert.deepEqual(answer(await browser.post('/in')), [200, 'in'])
      assert.deepEqual(answer(await browser.post('/out')), NOT_AUTHENTICATED)
    })

    test('parallel logins each have their session', async (t) => {
      const origin = await startTutorial(t)
      const browsers = await times(5, async () => {
        const browser = new Browser(origin)
        await browser.post('/login', CREDENTIALS)
        return browser
      })
      assert.equal(new Set(browsers.map((browser) => browser.jar.get(OLD_COOKIE))).size, 5)
    })

    const failures: [string, (store: Store) => void][] = [
      [
        'fails when it destroys',
        (store) =>
          Object.assign(store, {
            destroy: (_: string, done: (error: unknown) => void) => done(new Error('down')),
          }),
      ],
      [
        'fails when it stores',
        (store) =>
          Object.assign(store, {
            set: (_: string, __: object, done: (error: unknown) => void) => done(new Error('down')),
          }),
      ],
      ['is silent when it destroys', (store) => Object.assign(store, { destroy: () => {} })],
      ['is silent when it stores', (store) => Object.assign(store, { set: () => {} })],
    ]
    for (const [failure, breakStore] of failures) {
      test(`a login is 503 and nobody is logged in while the store ${failure}`, async (t) => {
        const store = new session.MemoryStore()
        const storeTimeout = failure.startsWith('is silent') ? 250 : USUAL_TIMEOUT
        const origin = await startTutorial(t, { store, storeTimeout })
        const browser = new Browser(origin)
        await browser.post('/cart', ['tea'])
        const methods = { destroy: store.destroy, set: store.set }
        breakStore(store)
        assert.equal((await browser.post('/login', CREDENTIALS)).status, 503)
        Object.assign(store, methods)
        assert.deepEqual(answer(await browser.get('/protected')), NOT_AUTHENTICATED)
      })
    }

    test('a log-out that is not stored says so', async (t) => {
      const store = new session.MemoryStore()
      const browser = new Browser(await startTutorial(t, { store }))
      await browser.post('/login', CREDENTIALS)
      store.destroy = (_, done) => done?.(new Error('down'))
      const logout = await browser.post('/logout')
      assert.deepEqual(answer(logout), [
        503,
        { message: 'Service unavailable, try again', code: 'not_completed' },
      ])
      assert.deepEqual(setCookiesOf(logout), [])
    })

    test('a store that is not connected leaves everybody unknown, which is not anonymous', async (t) => {
      const store = new session.MemoryStore()
      const browser = new Browser(await startTutorial(t, { store }))
      await browser.post('/login', CREDENTIALS)
      store.emit('disconnect')
      assert.equal((await browser.get('/protected')).status, 503)
      store.emit('connect')
      assert.deepEqual(answer(await browser.get('/protected')), authenticated())
    })

    test('a login after the first byte is refused', async (t) => {
      const codes: unknown[] = []
      const addRoutes: TutorialOptions['addRoutes'] = (app, { generateSession }) => {
        app.post('/late', (req, res) => {
          res.write('x')
          try {
            generateSession(req, { id: 1 })
          } catch (error) {
            codes.push(Reflect.get(Object(error), 'code'))
          }
          res.end()
        })
      }
      const browser = new Browser(await startTutorial(t, { addRoutes }))
      assert.equal((await browser.post('/late')).body, 'x')
      assert.deepEqual(codes, ['response_started' satisfies LatchstringErrorCode])
    })

    test('a request that logs nobody in or out is answered as by the middleware alone, and stores nothing', async (t) => {
      const store = new session.MemoryStore()
      const addRoutes: TutorialOptions['addRoutes'] = (app) => {
        app.get('/plain', (_, res) => void res.send('plain'))
        app.get('/stream', (_, res) => {
          res.write('a')
          res.write('b')
          res.end('c')
        })
      }
      const origin = await startTutorial(t, { store, addRoutes })
      assert.equal((await send(origin, '/plain')).body, 'plain')
      assert.equal((await send(origin, '/stream')).body, 'abc')
      assert.deepEqual(await idsIn(store), [])
    })
  })
}

suite('createAuth on a middleware', () => {
  const auth = authOn(session(OPTIONS))

  test('refuses what only sessions of our own can give, by name', () => {
    for (const name of [
      'sessions',
      'requireRecent',
      'sessionStatus',
      'routes',
      'homePage',
      'disableUser',
      'enableUser',
      'migration',
    ])
      assert.throws(
        () => Reflect.get(auth, name),
        errorWith('invalid_option', new RegExp(`auth\\.${name} needs`)),
      )
  })

  test('refuses it in TypeScript already', () => {
    // @ts-expect-error: only a store of ours lists sessions
    assert.throws(() => auth.sessions, errorWith('invalid_option'))
    // @ts-expect-error: nobody noted when the user authenticated
    assert.throws(() => auth.requireRecent, errorWith('invalid_option'))
  })

  test('refuses options that it cannot keep, by name', () => {
    const middleware = session(OPTIONS)
    const wrong: [RegExp, object][] = [
      [/no option "store"/, { middleware, store: {} }],
      [/no option "idleTimeout"/, { middleware, idleTimeout: '1h' }],
      [/no option "accounts"/, { middleware, accounts: {} }],
      [/middleware takes/, { middleware: 'session' }],
      [/cookieName/, { middleware, cookieName: '' }],
      [/storeTimeout/, { middleware, storeTimeout: 0 }],
      [/warn/, { middleware, warn: 1 }],
    ]
    for (const [message, options] of wrong)
      assert.throws(() => Reflect.apply(createAuth, null, [options]), errorWith('invalid_option', message))
  })

  test('refuses users that cannot be stored, and options of a login', () => {
    for (const user of [null, {}, { id: null }, { id: '' }, { id: 1n }, { id: {} }])
      assert.throws(
        () => Reflect.apply(auth.generateSession, auth, [{}, user]),
        errorWith('invalid_argument'),
      )
    const call = () => Reflect.apply(auth.generateSession, auth, [{}, { id: 1 }, { remember: true }])
    assert.throws(call, errorWith('invalid_option', /takes no options/))
  })

  test('takes a middleware that goes on with next(null)', async (t) => {
    const given = session(OPTIONS)
    const onward = authOn((req, res, next) => given(req, res, (error) => next(error ?? null)))
    const app = newApp().use(onward.sessionMiddleware)
    app.get('/login', (req, res) => {
      onward.generateSession(req, { id: 1 })
      res.json({})
    })
    const browser = new Browser(await listen(t, app))
    assert.equal((await browser.get('/login')).status, 200)
    assert.equal(browser.jar.has(OLD_COOKIE), true)
  })

  test('says when its middleware was not mounted', () => {
    const missing = errorWith('middleware_missing', /in place of yours/)
    assert.throws(() => auth.generateSession({}, { id: 1 }), missing)
    assert.throws(() => auth.endSession({}), missing)
  })
})
