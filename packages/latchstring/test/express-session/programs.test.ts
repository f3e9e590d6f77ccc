import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { suite, type TestContext, test } from 'node:test'
import flash from 'connect-flash'
import cookieParser from 'cookie-parser'
import { csrfSync } from 'csrf-sync'
import express, { type Express, type RequestHandler } from 'express'
import ours, { MemoryStore } from 'latchstring/express-session'
import { memoryStore } from 'latchstring/stores/memory'
import { Passport } from 'passport'
import { Strategy } from 'passport-local'
import { Server, type Socket } from 'socket.io'
import { io } from 'socket.io-client'
import { Browser, json } from '../http/client.ts'
import { EXPRESS_VERSIONS } from '../http/server.ts'
import { cookieOf, DROP_IN, SECRET, type Site, serve } from './support.ts'

/** Programs that nobody here wrote, used as their manuals say. */
const require = createRequire(import.meta.url)

/** These two have no types. */
type Lusca = { csrf(): RequestHandler }
const lusca: Lusca = require('lusca')
type SharedSession = (
  session: RequestHandler,
  options: { autoSave: boolean },
) => (socket: Socket, next: (error?: Error) => void) => void
const sharedSession: SharedSession = require('express-socket.io-session')

const STORES = { 'a store of its kind': () => new MemoryStore(), 'a store of ours': () => memoryStore() }
const CREDENTIALS = { username: 'ann', password: 'correct horse' }

function usePassport(app: Express, keepSessionInfo: boolean): void {
  const passport = new Passport()
  passport.use(
    new Strategy((username, password, done) => {
      if (password === CREDENTIALS.password) done(null, { id: username })
      else done(null, false, { message: 'Wrong password' })
    }),
  )
  passport.serializeUser((user, done) => done(null, user.id))
  passport.deserializeUser((id: string, done) => done(null, { id }))
  app.use(express.json(), flash(), passport.initialize(), passport.session())
  app.post('/login', passport.authenticate('local', { keepSessionInfo, failureFlash: true }), (_, res) => {
    res.redirect('/me')
  })
  app.post('/logout', (req, res, next) => {
    req.logout({ keepSessionInfo }, (error) => (error ? next(error) : res.redirect('/me')))
  })
  app.get('/me', (req, res) => void res.json(req.user ?? null))
  app.get('/fill', (req, res) => {
    req.session.a = 'kept'
    req.flash('info', 'once')
    res.redirect('/data')
  })
  app.get('/data', (req, res) => void res.json(req.session.a ?? null))
  app.get('/messages', (req, res) => void res.json(req.flash()))
}

function me(browser: Browser): Promise<unknown> {
  return browser.get('/me').then(json)
}

for (const [kind, createStore] of Object.entries(STORES)) {
  for (const { name, express: make } of EXPRESS_VERSIONS) {
    for (const keepSessionInfo of [false, true]) {
      const keeping = keepSessionInfo ? ' with keepSessionInfo' : ''
      suite(`passport${keeping} on ${name} and ${kind}`, () => {
        const start = (t: TestContext) => {
          const store = createStore()
          return serve(
            t,
            DROP_IN,
            { store, cookie: { maxAge: 60_000 } },
            (app) => usePassport(app, keepSessionInfo),
            {
              make,
            },
          )
        }

        test('logs in under a new id, and the one before is dead', async (t) => {
          const { browser, get } = await start(t)
          await get('/fill')
          const planted = browser.copy()
          assert.equal((await browser.post('/login', CREDENTIALS)).status, 302)
          assert.notEqual(cookieOf(browser), cookieOf(planted))
          assert.deepEqual(await me(browser), { id: 'ann' })
          assert.deepEqual([await me(planted), json(await planted.get('/data'))], [null, null])
          assert.equal(json(await get('/data')), keepSessionInfo ? 'kept' : null)
        })

        test('logs out for everybody who has the cookie', async (t) => {
          const { browser, get } = await start(t)
          await browser.post('/login', CREDENTIALS)
          await get('/fill')
          const thief = browser.copy()
          assert.equal((await browser.post('/logout')).status, 302)
          assert.deepEqual([await me(browser), await me(thief)], [null, null])
          assert.equal(json(await get('/data')), keepSessionInfo ? 'kept' : null)
        })

        test('connect-flash shows a message once, that of a failed login too', async (t) => {
          const { browser, get } = await start(t)
          await get('/fill')
          assert.deepEqual(json(await get('/messages')), { info: ['once'] })
          assert.deepEqual(json(await get('/messages')), {})
          assert.equal((await browser.post('/login', { ...CREDENTIALS, password: 'wrong' })).status, 401)
          assert.deepEqual(json(await get('/messages')), { error: ['Wrong password'] })
        })
      })
    }
  }

  suite(`on ${kind}`, () => {
    test('csrf-sync lets pass who has its token, and nobody else', async (t) => {
      const { csrfSynchronisedProtection, generateToken } = csrfSync()
      const { browser, get } = await serve(t, DROP_IN, { store: createStore() }, (app) => {
        app.get('/token', (req, res) => void res.json(generateToken(req)))
        app.use(csrfSynchronisedProtection)
        app.post('/change', (_, res) => void res.json('changed'))
      })
      const token = String(json(await get('/token')))
      assert.equal((await browser.post('/change')).status, 403)
      assert.equal((await browser.post('/change', {}, { 'x-csrf-token': token })).status, 200)
    })

    test('lusca lets pass who has its token, and nobody else', async (t) => {
      const { browser, get } = await serve(t, DROP_IN, { store: createStore() }, (app) => {
        app.use(lusca.csrf())
        app.get('/token', (_, res) => {
          const { _csrf } = res.locals
          res.json(_csrf)
        })
        app.post('/change', (_, res) => void res.json('changed'))
      })
      const token = String(json(await get('/token')))
      assert.equal((await browser.post('/change')).status, 403)
      assert.equal((await browser.post('/change', {}, { 'x-csrf-token': token })).status, 200)
    })

    test('cookie-parser may come before, with the same secret or without, and after', async (t) => {
      for (const parsers of [
        [cookieParser(SECRET)],
        [cookieParser()],
        [],
        [cookieParser('another secret')],
      ]) {
        const { get, browser } = await serve(
          t,
          DROP_IN,
          { store: createStore() },
          (app) => {
            app.use(cookieParser(SECRET))
            app.get('/', (req, res) => {
              req.session.views = (req.session.views ?? 0) + 1
              res.cookie('theme', 'dark').json([req.session.views, req.cookies.theme ?? null])
            })
          },
          { before: parsers },
        )
        await get('/')
        assert.deepEqual(json(await get('/')), [2, 'dark'])
        assert.deepEqual([...browser.jar.keys()].sort(), ['connect.sid', 'theme'])
      }
    })

    test('express-socket.io-session shares the session of the page with its sockets, both ways', async (t) => {
      const middleware = ours({ secret: SECRET, warn: () => {}, store: createStore() })
      t.after(() => middleware.close())
      const { browser, socket } = await serveSockets(t, middleware, (sockets) => {
        sockets.use(sharedSession(middleware, { autoSave: true }))
        sockets.on('connection', (connected) => {
          connected.on('cart', (item, done) => {
            const { session } = Object(connected.handshake)
            session.cart = item
            session.save(() => done(session.user))
          })
        })
      })
      await browser.get('/login')
      assert.equal(await (await socket()).emitWithAck('cart', 'apple'), 'bob')
      assert.deepEqual(Object(json(await browser.get('/data'))).cart, 'apple')
    })

    test('a socket loads the session by its key for each message, and never brings it back', async (t) => {
      const middleware = ours({ secret: SECRET, warn: () => {}, store: createStore() })
      t.after(() => middleware.close())
      const { browser, socket } = await serveSockets(t, middleware, (sockets) => {
        sockets.engine.use(middleware)
        sockets.on('connection', (connected) => {
          connected.on('who', async (done) => {
            const { sessionStore, sessionID } = Object(connected.request)
            const session = await sessionStore.load(sessionID)
            if (session !== undefined) {
              session.seen = true
              await session.save()
            }
            done(session?.user ?? null)
          })
          connected.on('late', (done) => {
            const { session } = Object(connected.request)
            session.late = true
            session.save(() => done())
          })
        })
      })
      await browser.get('/login')
      const connected = await socket()
      const thief = browser.copy()
      assert.equal(await connected.emitWithAck('who'), 'bob')
      assert.equal(Object(json(await browser.get('/data'))).seen, true)
      await browser.get('/logout')
      await connected.emitWithAck('late')
      assert.equal(await connected.emitWithAck('who'), null)
      assert.deepEqual(json(await thief.get('/data')), {})
    })
  })
}

interface SocketSite extends Pick<Site, 'browser'> {
  /** A socket with the cookies that the browser has. */
  readonly socket: () => Promise<ReturnType<typeof io>>
}

/** A page that logs in and out, and sockets beside it. */
async function serveSockets(
  t: TestContext,
  middleware: RequestHandler,
  use: (sockets: Server) => void,
): Promise<SocketSite> {
  const app = express().use(middleware)
  app.get('/login', (req, res) => {
    req.session.user = 'bob'
    res.json({})
  })
  app.get('/logout', (req, res) => {
    req.session.destroy(() => res.json({}))
  })
  app.get('/data', (req, res) => {
    const { cookie, ...data } = req.session
    res.json(data)
  })
  const server = createServer(app)
  const sockets = new Server(server)
  use(sockets)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => sockets.close())
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const origin = `http://127.0.0.1:${port}`
  const browser = new Browser(origin)
  const socket = async () => {
    const client = io(origin, { extraHeaders: { cookie: browser.cookie }, transports: ['websocket'] })
    t.after(() => client.close())
    await new Promise<void>((resolve, reject) => {
      client.on('connect', resolve)
      client.on('connect_error', reject)
    })
    return client
  }
  return { browser, socket }
}
