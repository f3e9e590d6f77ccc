import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { request } from 'node:http'
import { connect, createServer } from 'node:http2'
import { suite, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import cookieParser from 'cookie-parser'
import type { Express } from 'express'
import real from 'express-session'
import ours, { MemoryStore, type SessionData, type SessionOptions, Store } from 'latchstring/express-session'
import { memoryStore } from 'latchstring/stores/memory'
import { fakeClock, fakeTimers } from '../../src/testing/clock.ts'
import { Browser, json, send, setCookiesOf } from '../http/client.ts'
import { gate } from '../http/server.ts'
import {
  type AnyStore,
  type BothOptions,
  cookieOf,
  DROP_IN,
  idIn,
  rowOf,
  SECRET,
  type Site,
  serve,
  signedValue,
  spyOn,
} from './support.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

function start(t: TestContext, options: BothOptions = {}): Promise<Site> {
  return serve(t, DROP_IN, options, addRoutes)
}

function addRoutes(app: Express): void {
  app.get('/set', (req, res) => {
    req.session.a = 1
    res.json({})
  })
  app.get('/login', (req, res) => {
    req.session.user = 'bob'
    res.json(req.sessionID)
  })
  app.get('/me', (req, res) => void res.json(req.session?.user ?? null))
  app.get('/empty', (_, res) => void res.json({}))
  app.get('/remember', (req, res) => {
    req.session.user = 'bob'
    req.session.cookie.maxAge = 60 * DAY
    res.json({})
  })
  app.get('/logout', async (req, res) => {
    await req.session.destroy()
    res.json({})
  })
}

/** For two seconds at most: the assertion after it says what is missing. */
async function until(isTrue: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400 && !isTrue(); tries++) await sleep(5)
}

/** Each deliberate difference, and the option that gives the old way back. docs/drop-in.md has the same list. */
suite('deliberate differences', () => {
  test('a cookie is SameSite=Lax; sameSite: false leaves it out', async (t) => {
    const lineOf = async (cookie: SessionOptions['cookie']) =>
      String((await (await start(t, { cookie })).get('/login')).headers['set-cookie'])
    assert.match(await lineOf({}), /SameSite=Lax$/)
    assert.match(await lineOf({ sameSite: false }), /HttpOnly$/)
    assert.match(await lineOf(() => ({})), /SameSite=Lax$/)
  })

  test('a cookie is Secure whenever the request is; secure: false never', async (t) => {
    const isSecure = async (cookie: SessionOptions['cookie'], proto: string) => {
      const { origin } = await start(t, { cookie, proxy: true })
      const reply = await send(origin, '/login', { headers: { 'x-forwarded-proto': proto } })
      return setCookiesOf(reply)[0]?.attributes.has('secure')
    }
    assert.deepEqual(await Promise.all([isSecure({}, 'https'), isSecure({}, 'http')]), [true, false])
    assert.equal(await isSecure({ secure: false }, 'https'), false)
  })

  test('what nobody changed is not written, and what is empty not stored; resave and saveUninitialized do', async (t) => {
    for (const isOld of [false, true]) {
      const store = spyOn(new MemoryStore())
      const { get } = await start(t, { store, ...(isOld ? { resave: true, saveUninitialized: true } : {}) })
      const reply = await get('/empty')
      assert.equal(setCookiesOf(reply).length, isOld ? 1 : 0)
      await get('/login')
      store.calls.length = 0
      await get('/me')
      assert.equal(store.calls.includes('set'), isOld)
    }
  })

  test('a session without maxAge ends a day after the last request; idleTimeout sets another length, or none', async (t) => {
    for (const [idleTimeout, lifetime] of [
      [undefined, DAY],
      ['2h', 2 * HOUR],
      [false, Number.POSITIVE_INFINITY],
    ] as const) {
      for (const createStore of [null, memoryStore]) {
        const clock = fakeClock()
        const store = createStore?.() ?? new MemoryStore({ clock })
        const { get } = await start(t, {
          ...{ clock, timers: fakeTimers(clock), store, absoluteTimeout: false },
          ...(idleTimeout === undefined ? {} : { idleTimeout }),
        })
        await get('/login')
        for (let round = 0; round < 3; round++) {
          clock.advance(Math.min(lifetime, 10 * DAY) - 1)
          assert.equal(json(await get('/me')), 'bob')
        }
        clock.advance(Math.min(lifetime, 10 * DAY))
        assert.equal(json(await get('/me')), Number.isFinite(lifetime) ? null : 'bob')
      }
    }
  })

  test('a session ends 30 days after it began, or when its maxAge is over if that is longer; absoluteTimeout sets another length, or none', async (t) => {
    for (const [login, absoluteTimeout, lifetime] of [
      ['/login', undefined, 30],
      ['/remember', undefined, 60],
      ['/login', '3d', 3],
      ['/login', false, 99],
    ] as const) {
      for (const createStore of [null, memoryStore]) {
        const clock = fakeClock()
        const store = createStore?.() ?? new MemoryStore({ clock })
        const { get } = await start(t, {
          ...{ clock, timers: fakeTimers(clock), store },
          ...(absoluteTimeout === undefined ? {} : { absoluteTimeout }),
        })
        await get(login)
        let days = 0
        while (days < 99 && json(await get('/me')) === 'bob') {
          clock.advance(DAY / 2)
          days += 0.5
        }
        assert.equal(days, lifetime)
      }
    }
  })

  test('keys are hashes, and old rows are read under their ids; with raw ids the key is what the cookie says', async (t) => {
    for (const ids of ['hashed', 'raw'] as const) {
      const store = new MemoryStore()
      const { get, browser, origin } = await start(t, { store, ids })
      const key = String(json(await get('/login')))
      assert.equal(key === idIn(cookieOf(browser)), ids === 'raw')
      assert.equal(cookieOf(browser) === signedValue(key), ids === 'raw')
      Reflect.apply(store.set, store, ['old-id', { cookie: { originalMaxAge: null }, user: 'eve' }])
      const old = new Browser(origin, [['connect.sid', signedValue('old-id')]])
      assert.equal(json(await old.get('/me')), 'eve')
    }
  })

  test('a store that is disconnected is 503; failOpen goes on without a session', async (t) => {
    for (const failOpen of [false, true]) {
      const store = new MemoryStore()
      const { get } = await start(t, { store, failOpen })
      store.emit('disconnect')
      assert.equal((await get('/me')).status, failOpen ? 200 : 503)
      store.emit('connect')
      assert.equal((await get('/me')).status, 200)
    }
  })

  test('a secret is required when the middleware is made; requireSecret: false takes that of cookie-parser', async (t) => {
    for (const secret of [undefined, '']) {
      assert.throws(() => ours({ secret }), {
        name: 'TypeError',
        message: /secret option required for sessions/,
      })
    }
    const before = [cookieParser('of cookie-parser')]
    const { get } = await serve(t, DROP_IN, { secret: undefined, requireSecret: false }, addRoutes, {
      before,
    })
    assert.equal((await get('/login')).status, 200)
  })

  test('a secret is a text, bytes or a key', async (t) => {
    const bytes = Buffer.alloc(32, 7)
    const store = new MemoryStore()
    const cookies: string[] = []
    for (const secret of [bytes, createSecretKey(bytes)]) {
      const { get, browser, origin } = await start(t, { store, secret })
      await get('/login')
      cookies.push(cookieOf(browser))
      assert.equal(json(await new Browser(origin, [['connect.sid', String(cookies[0])]]).get('/me')), 'bob')
    }
  })

  test('an empty secret, with which anybody could sign, is none', () => {
    const noBytes = new Uint8Array()
    for (const secret of ['', noBytes, createSecretKey(noBytes), [noBytes], ['', noBytes]])
      assert.throws(() => ours({ secret }), /secret option required for sessions/)
  })

  test('while a response waits for its session, it is one that has been sent: headers are refused as Node refuses them', async (t) => {
    const store = spyOn(new MemoryStore())
    const codes: unknown[] = []
    const { get } = await serve(t, DROP_IN, { store }, (app) => {
      app.get('/', (req, res) => {
        req.session.a = 1
        res.json({})
        codes.push(res.headersSent)
        try {
          res.setHeader('X-Late', 'yes')
        } catch (error) {
          codes.push(Object(error).code)
        }
      })
    })
    const reply = await get('/')
    assert.deepEqual([reply.status, reply.headers['x-late']], [200, undefined])
    assert.deepEqual(codes, [true, 'ERR_HTTP_HEADERS_SENT'])
  })

  test('memory is warned of in production, and nowhere else', (t) => {
    const before = { ...process.env }
    t.after(() => {
      process.env = before
    })
    const linesIn = (environment: string) => {
      process.env = { ...before, NODE_ENV: environment }
      const lines: string[] = []
      ours({ secret: SECRET, warn: (line) => lines.push(line) })
      return lines
    }
    assert.match(linesIn('production').join(), /kept in memory/)
    assert.deepEqual(linesIn('development'), [])
  })

  test('each warning is one line, however often it happens', async (t) => {
    const lines: string[] = []
    const cookie = { sameSite: 'none' as const, secure: false }
    const { get } = await serve(t, DROP_IN, { cookie, warn: (line) => lines.push(line) }, addRoutes)
    await get('/login')
    await get('/logout')
    await get('/login')
    assert.deepEqual(lines.length, 1)
    assert.match(lines.join(), /SameSite=None goes without Secure/)
  })
})

suite('stores that misbehave', () => {
  /** Answers in its own way. */
  function oddStore(
    answer: (callback: (error?: unknown, value?: unknown) => void, value?: unknown) => unknown,
  ) {
    const rows = new Map<string, string>()
    const methods = {
      get: (sid: string, callback: (error?: unknown, value?: unknown) => void) => {
        const text = rows.get(sid)
        return answer(callback, text === undefined ? undefined : JSON.parse(text))
      },
      set: (sid: string, session: object, callback: (error?: unknown) => void) => {
        rows.set(sid, JSON.stringify(session))
        return answer(callback)
      },
      destroy: (sid: string, callback: (error?: unknown) => void) => {
        rows.delete(sid)
        return answer(callback)
      },
    }
    return Object.assign(new EventEmitter(), methods)
  }

  const WAYS: Record<string, Parameters<typeof oddStore>[0]> = {
    'at once': (callback, value) => callback(null, value),
    'twice, at once': (callback, value) => {
      callback(null, value)
      callback(new Error('again'))
    },
    'twice, later': (callback, value) => {
      setImmediate(callback, null, value)
      setImmediate(callback, new Error('again'))
    },
    'and throws after it': (callback, value) => {
      callback(null, value)
      throw new Error('afterwards')
    },
    'by a promise too': async (callback, value) => {
      callback(null, value)
      return undefined
    },
  }
  for (const [way, answer] of Object.entries(WAYS)) {
    test(`a store that answers ${way} serves a session`, async (t) => {
      const { get, browser } = await start(t, { store: oddStore(answer) })
      await get('/login')
      const copy = browser.copy()
      assert.equal(json(await get('/me')), 'bob')
      assert.equal((await get('/logout')).status, 200)
      assert.equal(json(await copy.get('/me')), null)
    })
  }

  test('a store of promises alone serves a session', async (t) => {
    const rows = new Map<string, string>()
    const store = Object.assign(new EventEmitter(), {
      get: async (sid: string) => JSON.parse(rows.get(sid) ?? 'null'),
      set: async (sid: string, session: object) => void rows.set(sid, JSON.stringify(session)),
      destroy: async (sid: string) => void rows.delete(sid),
    })
    const { get } = await start(t, { store })
    await get('/login')
    assert.equal(json(await get('/me')), 'bob')
    await get('/logout')
    assert.equal(rows.size, 0)
  })

  test('a store that throws is an error of the request, not of the process', async (t) => {
    const store = oddStore(() => {
      throw new Error('thrown')
    })
    const { get, origin, errors } = await start(t, { store })
    assert.equal((await get('/login')).status, 503)
    const known = new Browser(origin, [['connect.sid', signedValue('id')]])
    assert.equal((await known.get('/me')).status, 500)
    assert.match(String(errors), /thrown/)
  })

  test('the error handler is told of a save that failed, by the error of the store', async (t) => {
    const store = spyOn(new MemoryStore())
    const { get, errors, visitor } = await start(t, { store })
    const broken = new Error('full')
    store.failing.set('set', broken)
    assert.equal((await get('/login')).status, 503)
    store.failing.clear()
    assert.equal((await visitor().get('/login')).status, 200)
    assert.deepEqual(errors, [broken])
  })

  /** Its rows are made by whatever writes to it, a touch too. */
  class UpsertingStore extends Store {
    readonly rows = new Map<string, string>()
    override get(sid: string, callback: (error?: unknown, session?: SessionData | null) => void) {
      callback(null, JSON.parse(this.rows.get(sid) ?? 'null'))
    }
    override set(sid: string, session: object, callback?: () => void) {
      this.rows.set(sid, JSON.stringify(session))
      callback?.()
    }
    override touch(sid: string, session: object, callback?: () => void) {
      this.set(sid, session, callback)
    }
    override destroy(sid: string, callback?: () => void) {
      this.rows.delete(sid)
      callback?.()
    }
  }

  test('a touch brings no ended session back, and takes nothing back, in a store that writes all of it then', async (t) => {
    for (const path of ['/logout', '/set']) {
      const arrived = gate()
      const released = gate()
      const clock = fakeClock(Date.now())
      const store = new UpsertingStore()
      const { get, browser } = await serve(t, DROP_IN, { store, clock, timers: fakeTimers(clock) }, (app) => {
        addRoutes(app)
        app.get('/slow', async (_, res) => {
          arrived.open()
          await released.opened
          res.json({})
        })
      })
      await get('/login')
      clock.advance(HOUR)
      const late = browser.copy().get('/slow')
      await arrived.opened
      await get(path)
      released.open()
      assert.equal((await late).status, 200)
      const [row] = [...store.rows.values()].map((text) => JSON.parse(text).a)
      assert.deepEqual([store.rows.size, row], path === '/set' ? [1, 1] : [0, undefined])
    }
  })

  test('a write that reaches the store after its deadline brings nothing back that has ended meanwhile', async (t) => {
    const clock = fakeClock(Date.now())
    const store = spyOn(new UpsertingStore())
    const called = gate()
    const stuck = gate()
    const { get, browser } = await serve(t, DROP_IN, { store, clock, timers: fakeTimers(clock) }, addRoutes)
    await get('/login')
    const copy = browser.copy()
    store.before.set('set', () => {
      called.open()
      return stuck.opened
    })
    const late = copy.get('/set')
    await called.opened
    clock.advance(5_000)
    assert.equal((await late).status, 503)
    assert.equal((await get('/logout')).status, 200)
    stuck.open()
    await new Promise(setImmediate)
    assert.equal(store.calls.at(-1), 'destroy')
    assert.deepEqual(Reflect.get(store, 'rows'), new Map())
  })

  test('a login that was not stored in time leaves no session behind, also when it is stored later', async (t) => {
    const clock = fakeClock(Date.now())
    const store = spyOn(new UpsertingStore())
    const called = gate()
    const stuck = gate()
    const options = { secret: SECRET, warn: () => {}, clock, timers: fakeTimers(clock) }
    const sessions = ours({ ...options, store: Object(store) })
    const { get } = await serve(t, { ...DROP_IN, session: () => sessions }, {}, (app) => {
      app.get('/', async (req, res) => {
        await sessions.login(req, 'ann')
        res.json({})
      })
    })
    store.before.set('set', () => {
      called.open()
      return stuck.opened
    })
    const reply = get('/')
    await called.opened
    clock.advance(5_000)
    assert.equal((await reply).status, 503)
    stuck.open()
    await new Promise(setImmediate)
    assert.deepEqual(Reflect.get(store, 'rows'), new Map())
  })

  test('the error handler is told of a save that failed after the visitor had gone', async (t) => {
    const store = spyOn(new MemoryStore())
    const broken = new Error('full')
    const called = gate()
    const released = gate()
    const gone = gate()
    const { origin, errors } = await serve(t, DROP_IN, { store }, (app) => {
      app.get('/', (req, res) => {
        res.once('close', gone.open)
        req.session.a = 1
        res.json({})
      })
    })
    store.before.set('set', () => {
      called.open()
      return released.opened
    })
    store.failing.set('set', broken)
    const outgoing = request(origin).on('error', () => {})
    outgoing.end()
    await called.opened
    outgoing.destroy()
    await gone.opened
    released.open()
    await until(() => errors.length > 0)
    assert.deepEqual(errors, [broken])
  })

  test('over HTTP/2 too a save that failed is a 503, and reported', async (t) => {
    const store = spyOn(new MemoryStore())
    const broken = new Error('full')
    store.failing.set('set', broken)
    const middleware = ours({ secret: SECRET, warn: () => {}, store: Object(store) })
    const errors: unknown[] = []
    const server = createServer((req, res) => {
      middleware(Object(req), Object(res), (error) => {
        if (error !== undefined) return void errors.push(error)
        Object(Reflect.get(req, 'session')).a = 1
        res.end('fine')
      })
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    t.after(() => server.close())
    const client = connect(`http://127.0.0.1:${Object(server.address()).port}`)
    t.after(() => client.destroy())
    const [headers] = await once(client.request({ ':path': '/' }), 'response')
    assert.equal(headers[':status'], 503)
    await until(() => errors.length > 0)
    assert.deepEqual(errors, [broken])
  })

  test('a store that inherits from express-session serves whoever asks it for a session', async (t) => {
    const store = new real.MemoryStore()
    const { get, browser } = await serve(t, DROP_IN, { store }, (app) => {
      addRoutes(app)
      app.get('/regenerate', (req, res) => {
        req.sessionStore.regenerate(req, (error?: unknown) => {
          req.session.user = 'eve'
          res.json([error ?? null, req.session instanceof ours.Session])
        })
      })
      app.get('/load', (req, res) => {
        req.sessionStore.load(req.sessionID, (_, session) => res.json(session?.user ?? null))
      })
    })
    await get('/login')
    const before = browser.copy()
    assert.equal(json(await get('/load')), 'bob')
    assert.deepEqual(json(await get('/regenerate')), [null, true])
    assert.deepEqual([json(await get('/me')), json(await before.get('/me'))], ['eve', null])
  })

  test('nobody loads a session by its key after its end', async (t) => {
    const clock = fakeClock()
    const store = new UpsertingStore()
    const options = { store, clock, timers: fakeTimers(clock) }
    const { get } = await serve(t, DROP_IN, options, addRoutes)
    const id = String(json(await get('/login')))
    clock.advance(30 * DAY - 1)
    assert.equal((await store.load(id))?.user, 'bob')
    clock.advance(1)
    assert.equal(await store.load(id), undefined)
  })

  test('a store that keeps objects as they are serves a session', async (t) => {
    const rows = new Map<string, object>()
    const store = Object.assign(new EventEmitter(), {
      get: (sid: string, callback: (error: unknown, value?: object) => void) => callback(null, rows.get(sid)),
      set: (sid: string, session: object, callback: () => void) => {
        rows.set(sid, session)
        callback()
      },
      destroy: (sid: string, callback: () => void) => {
        rows.delete(sid)
        callback()
      },
    })
    const { get } = await start(t, { store })
    const reply = await get('/login')
    assert.equal(json(await get('/me')), 'bob')
    assert.doesNotMatch(String(reply.headers['set-cookie']), /Expires/)
    assert.equal(setCookiesOf(await get('/login')).length, 0)
  })
})

suite('methods', () => {
  test('each takes a callback or gives a promise, and needs neither', async (t) => {
    for (const createStore of [() => new MemoryStore(), () => memoryStore()]) {
      const { get } = await serve(t, DROP_IN, { store: createStore() }, (app) => {
        app.get('/promises', async (req, res) => {
          req.session.a = 1
          await req.session.save()
          req.session.a = 2
          await req.session.reload()
          const { a } = req.session
          await req.session.regenerate()
          const left = req.session.a ?? null
          await req.session.destroy()
          res.json([a, left, req.session === undefined])
        })
        app.get('/nothing', (req, res) => {
          req.session.a = 1
          for (const name of ['save', 'reload', 'regenerate', 'destroy']) {
            const session: unknown = req.session ?? {}
            const method: unknown = Reflect.get(Object(session), name)
            if (typeof method === 'function') Reflect.apply(method, session, [])
          }
          res.json('fine')
        })
      })
      assert.deepEqual(json(await get('/promises')), [1, null, true])
      assert.equal(json(await get('/nothing')), 'fine')
    }
  })

  test('what ended before it was ever stored is not stored by a save that comes late', async (t) => {
    const store = new MemoryStore()
    const { get } = await serve(t, DROP_IN, { store }, (app) => {
      app.get('/', async (req, res) => {
        const { session } = req
        session.a = 1
        await session.destroy()
        session.a = 2
        await session.save()
        res.json({})
      })
    })
    await get('/')
    assert.deepEqual(store.sessions, {})
  })

  test('regenerate({ keep: true }) goes on with the data and the end of the session under a new id', async (t) => {
    const clock = fakeClock()
    for (const store of [new MemoryStore({ clock }), memoryStore()]) {
      const options = { store, clock, timers: fakeTimers(clock), cookie: { maxAge: DAY } }
      const { get, browser } = await serve(t, DROP_IN, options, (app) => {
        addRoutes(app)
        app.get('/rotate', (req, res) => {
          req.session.regenerate({ keep: true }, (error) => res.json([error ?? null, req.session.user]))
        })
      })
      await get('/login')
      let days = 0
      while (days < 50 && json(await get('/me')) === 'bob') {
        const before = browser.copy()
        if (days % 10 === 9) {
          assert.deepEqual(json(await get('/rotate')), [null, 'bob'])
          assert.equal(json(await before.get('/me')), null)
        }
        clock.advance(DAY / 2)
        days += 0.5
      }
      assert.equal(days, 30)
    }
  })

  test('a maxAge that one request sets stays when another one, begun before, writes', async (t) => {
    for (const store of [new MemoryStore(), memoryStore()]) {
      const arrived = gate()
      const released = gate()
      const { get, browser } = await serve(t, DROP_IN, { store }, (app) => {
        addRoutes(app)
        app.get('/slow', async (req, res) => {
          arrived.open()
          await released.opened
          req.session.a = 1
          res.json({})
        })
        app.get(
          '/length',
          (req, res) => void res.json([req.session.a ?? null, req.session.cookie.originalMaxAge]),
        )
      })
      await get('/login')
      const late = browser.copy().get('/slow')
      await arrived.opened
      await get('/remember')
      released.open()
      await late
      assert.deepEqual(json(await get('/length')), [1, 60 * DAY])
    }
  })

  test('an object that takes the place of req.session is its data', async (t) => {
    for (const store of [new MemoryStore(), memoryStore()]) {
      const { get } = await serve(t, DROP_IN, { store }, (app) => {
        addRoutes(app)
        app.get('/replace', (req, res) => {
          Object.assign(req, { session: { a: 1 } })
          res.json({})
        })
        app.get('/data', (req, res) => void res.json(Object.keys(req.session).sort()))
      })
      await get('/login')
      await get('/replace')
      assert.deepEqual(json(await get('/data')), ['a', 'cookie'])
    }
  })
})

suite('a store of ours', () => {
  test('refuses raw ids, which it never keeps', () => {
    assert.throws(() => ours({ secret: SECRET, store: memoryStore(), ids: 'raw' }), {
      code: 'invalid_option',
    })
  })

  test('is asked by its key through req.sessionStore, which changes what is there and brings nothing back', async (t) => {
    const { get } = await serve(t, DROP_IN, { store: memoryStore() }, (app) => {
      addRoutes(app)
      app.get('/store', async (req, res) => {
        const store: AnyStore = req.sessionStore
        const id = req.sessionID
        const set = (session: object) =>
          new Promise((resolve) => {
            store.set(id, session, (error) => resolve(error instanceof Error ? error.message : null))
          })
        const before = Object(await rowOf(store, id))
        const written = await set({ ...before, a: 1, user: undefined })
        const after = Object(await rowOf(store, id))
        await new Promise<void>((resolve) => void store.touch?.(id, after, () => resolve()))
        await new Promise<void>((resolve) => void store.destroy(id, () => resolve()))
        res.json([before.user, written, Object.keys(after).sort(), await set(after), await rowOf(store, id)])
      })
    })
    await get('/login')
    assert.deepEqual(json(await get('/store')), [
      'bob',
      null,
      ['a', 'cookie'],
      'this session has ended: it cannot be written any more',
      null,
    ])
    assert.equal(json(await get('/me')), null)
  })

  for (const [kind, store] of Object.entries({
    'of its kind': new MemoryStore(),
    'of express-session': new real.MemoryStore(),
  })) {
    test(`on a store ${kind} too another user who logs in gets nothing of the one before`, async (t) => {
      const sessions = ours({ secret: SECRET, warn: () => {}, store })
      const { get } = await serve(t, { ...DROP_IN, session: () => sessions }, {}, (app) => {
        addRoutes(app)
        app.get('/as/:user', async (req, res) => {
          await sessions.login(req, req.params.user)
          res.json([req.session.a ?? null, sessions.publicId(req) !== null])
        })
      })
      await get('/set')
      assert.deepEqual(json(await get('/as/ann')), [1, true])
      await get('/set')
      assert.deepEqual(json(await get('/as/ann')), [1, true])
      assert.deepEqual(json(await get('/as/bob')), [null, true])
    })
  }

  test('another user who logs in gets nothing of the one before', async (t) => {
    const sessions = ours({ secret: SECRET, warn: () => {}, store: memoryStore() })
    t.after(() => sessions.close())
    const { get } = await serve(t, { ...DROP_IN, session: () => sessions }, {}, (app) => {
      app.get('/as/:user', async (req, res) => {
        await sessions.login(req, req.params.user)
        res.json(req.session.a ?? null)
      })
      app.get('/set', (req, res) => {
        req.session.a = 1
        res.json({})
      })
    })
    await get('/set')
    assert.deepEqual(
      [json(await get('/as/ann')), json(await get('/as/ann')), json(await get('/as/bob'))],
      [1, 1, null],
    )
    assert.deepEqual(
      [(await sessions.users.list('ann')).length, (await sessions.users.list('bob')).length],
      [0, 1],
    )
    await sessions.users.revokeAll('bob')
    assert.equal((await sessions.users.list('bob')).length, 0)
  })

  test('login asks for a user, for the middleware, and for headers that are not out yet', async (t) => {
    const sessions = ours({ secret: SECRET, warn: () => {}, store: memoryStore() })
    t.after(() => sessions.close())
    await assert.rejects(sessions.login({ headers: {} }, 1), { code: 'middleware_missing' })
    const { get } = await serve(t, { ...DROP_IN, session: () => sessions }, {}, (app) => {
      app.get('/nobody', async (req, res) => {
        res.json(await sessions.login(req, '').catch(({ code }) => code))
      })
      app.get('/late', async (req, res) => {
        res.write('[')
        res.end(`"${await sessions.login(req, 1).catch(({ code }) => code)}"]`)
      })
    })
    assert.equal(json(await get('/nobody')), 'invalid_argument')
    assert.deepEqual(json(await get('/late')), ['response_started'])
  })
})
