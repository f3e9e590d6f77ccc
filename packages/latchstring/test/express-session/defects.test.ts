import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { request } from 'node:http'
import { suite, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import cookieParser from 'cookie-parser'
import type { Express } from 'express'
import realSession from 'express-session'
import ours, { MemoryStore } from 'latchstring/express-session'
import { memoryStore } from 'latchstring/stores/memory'
import { sqliteStore } from 'latchstring/stores/sqlite'
import { fakeClock, fakeTimers } from '../../src/testing/clock.ts'
import { Browser, json, type Reply, send, setCookiesOf } from '../http/client.ts'
import { gate, listen, newApp } from '../http/server.ts'
import {
  type AnyStore,
  type BothOptions,
  cookieOf,
  DROP_IN,
  EXPRESS_SESSION,
  idIn,
  type Library,
  rowOf,
  SECRET,
  type Site,
  serve,
  signedValue,
  spyOn,
} from './support.ts'

/** Each defect of express-session as it was reproduced, and beside it what the drop-in does in the same place. */
const BOTH = { real: EXPRESS_SESSION, dropIn: DROP_IN }

/** What the same experiment shows on both. */
async function onBoth<T>(run: (library: Library) => Promise<T>): Promise<{ real: T; dropIn: T }> {
  return { real: await run(BOTH.real), dropIn: await run(BOTH.dropIn) }
}

/** Sets keys, waits for the test on /slow, logs in and out. */
function addUsualRoutes(app: Express, slow: { arrived: () => void; released: Promise<void> }): void {
  app.get('/login', (req, res) => {
    req.session.user = 'bob'
    res.json({})
  })
  app.get('/slow/:key', async (req, res) => {
    slow.arrived()
    await slow.released
    if (req.params.key !== 'none') Object.assign(req.session, { [req.params.key]: 1 })
    res.json({})
  })
  app.get('/set/:key', (req, res) => {
    Object.assign(req.session, { [req.params.key]: 1 })
    res.json({})
  })
  app.get('/logout', (req, res) => {
    req.session.destroy(() => res.json({}))
  })
  app.get('/regenerate', (req, res) => {
    req.session.regenerate(() => res.json({}))
  })
  app.get('/me', (req, res) => {
    const { cookie, ...data } = req.session ?? {}
    res.json(data)
  })
}

function quick(app: Express): void {
  addUsualRoutes(app, { arrived: () => {}, released: Promise.resolve() })
}

interface SlowSite extends Site {
  /** Begins a request to /slow/:key; what it gives lets it finish. */
  readonly slow: (key: string) => Promise<() => Promise<Reply>>
}

async function serveSlow(t: TestContext, library: Library, options: BothOptions): Promise<SlowSite> {
  const arrived = gate()
  const released = gate()
  const site = await serve(t, library, options, (app) => {
    addUsualRoutes(app, { arrived: arrived.open, released: released.opened })
  })
  const slow = async (key: string) => {
    const reply = site.browser.copy().get(`/slow/${key}`)
    await arrived.opened
    return () => {
      released.open()
      return reply
    }
  }
  return { ...site, slow }
}

suite('i. lost updates', () => {
  test('of two keys set by parallel requests the slower one survives alone; the drop-in keeps both', async (t) => {
    const seen = await onBoth(async (library) => {
      const { get, slow } = await serveSlow(t, library, {})
      await get('/login')
      const finish = await slow('a')
      await get('/set/b')
      await finish()
      return Object.keys(Object(json(await get('/me')))).sort()
    })
    assert.deepEqual(seen, { real: ['a', 'user'], dropIn: ['a', 'b', 'user'] })
  })

  test('with resave a request that only reads takes back what others wrote; the drop-in does not', async (t) => {
    const seen = await onBoth(async (library) => {
      const { get, slow } = await serveSlow(t, library, { resave: true })
      await get('/login')
      const finish = await slow('none')
      await get('/set/b')
      await finish()
      return Object.keys(Object(json(await get('/me')))).sort()
    })
    assert.deepEqual(seen, { real: ['user'], dropIn: ['b', 'user'] })
  })
})

suite('ii. resurrection', () => {
  for (const resave of [false, true]) {
    test(`a slow request brings an ended session back (resave ${resave}); with the drop-in it stays ended`, async (t) => {
      const seen = await onBoth(async (library) => {
        const store = library.createStore()
        const { get, slow, browser } = await serveSlow(t, library, { store, resave })
        await get('/login')
        const thief = browser.copy()
        const finish = await slow(resave ? 'none' : 'a')
        await get('/logout')
        await finish()
        return Object(json(await thief.get('/me'))).user ?? null
      })
      assert.deepEqual(seen, { real: 'bob', dropIn: null })
    })
  }

  test('beside a slow writer regenerate leaves the old id alive; with the drop-in it is dead', async (t) => {
    const seen = await onBoth(async (library) => {
      const { get, slow, browser } = await serveSlow(t, library, {})
      await get('/login')
      const old = browser.copy()
      const finish = await slow('a')
      await get('/regenerate')
      await finish()
      return Object(json(await old.get('/me'))).user ?? null
    })
    assert.deepEqual(seen, { real: 'bob', dropIn: null })
  })

  for (const [name, createStore] of Object.entries({
    memory: memoryStore,
    sqlite: () => sqliteStore(':memory:'),
  })) {
    test(`on a store of ours (${name}) nothing is lost and nothing comes back`, async (t) => {
      const store = createStore()
      const { get, slow, browser } = await serveSlow(t, DROP_IN, { store })
      await get('/login')
      const finish = await slow('a')
      await get('/set/b')
      await finish()
      assert.deepEqual(Object(json(await get('/me'))), { user: 'bob', a: 1, b: 1 })
      const again = await serveSlow(t, DROP_IN, { store })
      again.browser.jar.set('connect.sid', cookieOf(browser))
      const finishLate = await again.slow('late')
      const thief = browser.copy()
      await get('/logout')
      await finishLate()
      assert.deepEqual(json(await thief.get('/me')), {})
    })
  }
})

suite('iii. fixation', () => {
  test('a login by assignment keeps the id that an attacker may know, without a word; the drop-in says so, once', async (t) => {
    const lines: string[] = []
    const seen = await onBoth(async (library) => {
      const { get, browser } = await serve(t, library, { warn: (line) => lines.push(line) }, quick)
      await get('/set/cart')
      const attacker = browser.copy()
      const reply = await get('/login')
      await attacker.get('/me')
      return [setCookiesOf(reply).length, Object(json(await attacker.get('/me'))).user]
    })
    assert.deepEqual(seen, { real: [0, 'bob'], dropIn: [0, 'bob'] })
    assert.equal(lines.length, 1)
    assert.match(
      lines.join(),
      /under the session id that they had before.*regenerate.*login.*rotateOn.*user$/,
    )
  })

  test('with rotateOn, or by login, the session goes on under an id that nobody knew', async (t) => {
    for (const store of [new MemoryStore(), memoryStore()]) {
      const sessions = ours({ secret: SECRET, warn: () => {}, store, rotateOn: ['user'] })
      const { get, browser } = await serve(t, { ...DROP_IN, session: () => sessions }, {}, (app) => {
        quick(app)
        app.get('/log-in', async (req, res) => {
          await sessions.login(req, 7)
          res.json({})
        })
      })
      for (const path of ['/login', '/log-in']) {
        await get('/set/cart')
        const attacker = browser.copy()
        const before = cookieOf(browser)
        await get(path)
        assert.notEqual(cookieOf(browser), before)
        assert.equal(Object(json(await get('/me'))).cart, 1)
        assert.deepEqual(json(await attacker.get('/me')), {})
      }
    }
  })
})

suite('iv. the Secure cookie that is not sent', () => {
  test('over http a Secure cookie is dropped in silence; the drop-in names the fix, once', async (t) => {
    const lines: string[] = []
    const seen = await onBoth(async (library) => {
      const { get } = await serve(
        t,
        library,
        { cookie: { secure: true }, warn: (line) => lines.push(line) },
        (app) => {
          quick(app)
        },
      )
      await get('/login')
      return setCookiesOf(await get('/login')).length
    })
    assert.deepEqual(seen, { real: 0, dropIn: 0 })
    assert.equal(lines.length, 1)
    assert.match(lines.join(), /trust proxy/)
  })

  test('by default there is neither Secure nor SameSite; the drop-in sets both', async (t) => {
    const seen = await onBoth(async (library) => {
      const { origin } = await serve(t, library, { proxy: true }, quick)
      const reply = await send(origin, '/login', { headers: { 'x-forwarded-proto': 'https' } })
      return String(reply.headers['set-cookie']).replace(/^[^;]+/, '')
    })
    assert.deepEqual(seen, { real: '; Path=/; HttpOnly', dropIn: '; Path=/; HttpOnly; Secure; SameSite=Lax' })
  })

  test("'auto' from a cookie function is never resolved and the cookie lost; the drop-in resolves it", async (t) => {
    const seen = await onBoth(async (library) => {
      const cookie = () => ({ secure: 'auto' as const })
      const { get } = await serve(t, library, { cookie }, quick)
      return setCookiesOf(await get('/login')).length
    })
    assert.deepEqual(seen, { real: 0, dropIn: 1 })
  })
})

suite('v. ids in the store', () => {
  test('the key in the store is the secret of the cookie; with the drop-in it is a hash', async (t) => {
    const seen = await onBoth(async (library) => {
      const store = library.createStore()
      const { get, browser, origin } = await serve(t, library, { store }, (app) => {
        quick(app)
        app.get('/id', (req, res) => void res.json(req.sessionID))
      })
      await get('/login')
      const key = String(json(await get('/id')))
      assert.notEqual(await rowOf(store, key), null)
      const forged = new Browser(origin, [['connect.sid', signedValue(key)]])
      return [key === idIn(cookieOf(browser)), Object(json(await forged.get('/me'))).user ?? null]
    })
    // Whoever copied the store and the secret.
    assert.deepEqual(seen, { real: [true, 'bob'], dropIn: [false, null] })
  })

  test('a short secret is taken without a word; the drop-in says so', () => {
    const lines: string[] = []
    for (const { session } of Object.values(BOTH))
      session({ secret: 'keyboard cat', warn: (line) => lines.push(line) })
    assert.equal(lines.length, 1)
    assert.match(lines.join(), /less than 32 bytes/)
  })
})

suite('vi. no absolute lifetime', () => {
  const HOUR = 3_600_000
  const DAY = 24 * HOUR

  test('with a request every 10 hours a session of 12 hours lives for ever; with the drop-in for 30 days', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: 0 })
    const seen = await onBoth(async (library) => {
      t.mock.timers.setTime(0)
      const { get } = await serve(t, library, { cookie: { maxAge: 12 * HOUR } }, quick)
      await get('/login')
      let now = 0
      const isAlive = async () => Object(json(await get('/me'))).user === 'bob'
      while (now < 35 * DAY && (await isAlive())) {
        now += 10 * HOUR
        t.mock.timers.setTime(now)
      }
      return Math.round(now / DAY)
    })
    assert.deepEqual(seen, { real: 35, dropIn: 30 })
  })

  test('without maxAge a session lives for ten years; with the drop-in for a day after the last request', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: 0 })
    const seen = await onBoth(async (library) => {
      t.mock.timers.setTime(0)
      const { get } = await serve(t, library, {}, quick)
      const users: unknown[] = []
      await get('/login')
      for (const moment of [0.9 * DAY, 1.8 * DAY, 3650 * DAY]) {
        t.mock.timers.setTime(moment)
        users.push(Object(json(await get('/me'))).user ?? null)
      }
      return users
    })
    assert.deepEqual(seen, { real: ['bob', 'bob', 'bob'], dropIn: ['bob', 'bob', null] })
  })
})

test('vii. MemoryStore keeps what has expired; that of the drop-in sweeps', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 0 })
  const seen = await onBoth(async (library) => {
    t.mock.timers.setTime(0)
    const store = library.createStore()
    for (let visitor = 0; visitor < 2_000; visitor++) {
      const cookie = { expires: new Date(200), originalMaxAge: 200 }
      store.set(`${visitor}`, { cookie })
    }
    t.mock.timers.setTime(120_000)
    store.set('next', { cookie: {} })
    return inside(store)
  })
  assert.deepEqual(seen, { real: 2_001, dropIn: 1 })
})

/** How many rows are really there. */
function inside(store: AnyStore): number {
  const sessions: unknown = Reflect.get(store, 'sessions')
  return Object.keys(Object(sessions)).length
}

suite('viii. the store fails', () => {
  for (const method of ['get', 'set', 'touch', 'destroy'] as const) {
    test(`a ${method} that never answers hangs the request for ever; the drop-in answers 503 in time`, async (t) => {
      const clock = fakeClock(Date.now())
      const seen = await onBoth(async (library) => {
        const store = spyOn(library.createStore())
        const called = gate()
        const options = { store, clock, timers: fakeTimers(clock) }
        const { get, browser } = await serve(t, library, options, quick)
        await get('/login')
        clock.advance(60_000)
        store.before.set(method, () => {
          called.open()
          return new Promise<void>(() => {})
        })
        const path = { get: '/me', set: '/set/a', touch: '/me', destroy: '/logout' }[method]
        const reply = browser.get(path)
        await called.opened
        clock.advance(5_000)
        const answered = reply.then(
          ({ status }) => status,
          () => 'cut off',
        )
        return library === DROP_IN ? answered : Promise.race([answered, sleep(100, 'hangs')])
      })
      // No response reports a touch.
      assert.deepEqual(seen, { real: 'hangs', dropIn: method === 'touch' ? 200 : 503 })
    })
  }

  test('a set that fails is told to nobody; the drop-in answers 503', async (t) => {
    const seen = await onBoth(async (library) => {
      const store = spyOn(library.createStore())
      const { get } = await serve(t, library, { store }, quick)
      store.failing.set('set', new Error('full'))
      const failed = await get('/login')
      return [failed.status, setCookiesOf(failed).length]
    })
    assert.deepEqual(seen, { real: [200, 1], dropIn: [503, 0] })
  })

  for (const method of ['set', 'touch'] as const) {
    test(`a ${method} that throws hangs the request for ever; the drop-in answers`, async (t) => {
      const clock = fakeClock(Date.now())
      const seen = await onBoth(async (library) => {
        const store = library.createStore()
        const options = { store, clock, timers: fakeTimers(clock) }
        const { get } = await serve(t, library, options, quick)
        await get('/login')
        clock.advance(60_000)
        Object.assign(store, {
          [method]: () => {
            throw new Error('thrown')
          },
        })
        const status = get({ set: '/set/a', touch: '/me' }[method]).then(
          (reply) => reply.status,
          () => 'cut off',
        )
        return library === DROP_IN ? status : Promise.race([status, sleep(100, 'hangs')])
      })
      // No response reports a touch.
      assert.deepEqual(seen, { real: 'hangs', dropIn: method === 'touch' ? 200 : 503 })
    })
  }

  test('a socket that is missing logs everybody out; with the drop-in it is an error', async (t) => {
    const seen = await onBoth(async (library) => {
      const store = spyOn(library.createStore())
      const { get } = await serve(t, library, { store }, quick)
      await get('/login')
      store.failing.set('get', Object.assign(new Error('no socket'), { code: 'ENOENT', syscall: 'connect' }))
      return (await get('/me')).status
    })
    assert.deepEqual(seen, { real: 200, dropIn: 500 })
  })

  test('a log-out that the store refuses looks done when nobody looks at the error; the drop-in answers 503', async (t) => {
    const seen = await onBoth(async (library) => {
      const store = spyOn(library.createStore())
      const { get } = await serve(t, library, { store }, quick)
      await get('/login')
      store.failing.set('destroy', new Error('busy'))
      return [(await get('/logout')).status, (await get('/regenerate')).status]
    })
    assert.deepEqual(seen, { real: [200, 200], dropIn: [503, 503] })
  })

  test('a store that says it is disconnected makes everybody anonymous; the drop-in answers 503', async (t) => {
    const seen = await onBoth(async (library) => {
      const store = library.createStore()
      const { get } = await serve(t, library, { store }, (app) => {
        app.get('/', (req, res) => void res.json(req.session?.user ?? 'anonymous'))
      })
      Reflect.apply(Reflect.get(store, 'emit'), store, ['disconnect'])
      return (await get('/')).status
    })
    assert.deepEqual(seen, { real: 200, dropIn: 503 })
  })
})

suite('ix. hostile input', () => {
  test('of two cookies with the name the first is believed, garbage or not; the drop-in finds the one that is good', async (t) => {
    const seen = await onBoth(async (library) => {
      const { get, browser, origin } = await serve(t, library, {}, quick)
      await get('/login')
      const good = `connect.sid=${cookieOf(browser)}`
      const other = `connect.sid=${signedValue('planted')}`
      const users = [`connect.sid=s%3Agarbage.x; ${good}`, `${other}; ${good}`].map(async (cookie) => {
        return Object(json(await send(origin, '/me', { headers: { cookie } }))).user ?? null
      })
      return Promise.all(users)
    })
    assert.deepEqual(seen, { real: [null, null], dropIn: ['bob', 'bob'] })
  })

  test('a stored cookie with a __proto__ takes HttpOnly and Path from what is sent; with the drop-in it does not', async (t) => {
    const seen = await onBoth(async (library) => {
      const store = library.createStore()
      const { origin } = await serve(t, library, { store, rolling: true }, quick)
      store.set('id', JSON.parse('{"cookie":{"__proto__":{"x":1},"originalMaxAge":null},"a":1}'))
      const browser = new Browser(origin, [['connect.sid', signedValue('id')]])
      return String((await browser.get('/me')).headers['set-cookie']).replace(/^[^;]+/, '')
    })
    assert.deepEqual(seen, { real: '', dropIn: '; Path=/; HttpOnly; SameSite=Lax' })
  })

  test('one assignment by keys of a request makes an admin of every visitor; with the drop-in of nobody', async (t) => {
    const seen = await onBoth(async (library) => {
      const { get, visitor } = await serve(t, library, {}, (app) => {
        quick(app)
        app.get('/assign/:a/:b/:c', (req, res) => {
          const { a, b, c } = req.params
          Object(Reflect.get(req.session, a))[b] = c
          res.json({})
        })
        app.get('/who', (req, res) => void res.json(req.session.user ?? null))
      })
      await get('/assign/__proto__/user/admin')
      const user = json(await visitor().get('/who'))
      Reflect.deleteProperty(realSession.Session.prototype, 'user')
      return user
    })
    assert.deepEqual(seen, { real: 'admin', dropIn: null })
  })

  for (const key of ['touch', 'resetMaxAge', 'cookie', 'save']) {
    test(`a key named ${key} from a request hangs it; with the drop-in it is answered`, async (t) => {
      const seen = await onBoth(async (library) => {
        const { get } = await serve(t, library, {}, (app) => {
          app.get('/', (req, res) => {
            Object.assign(req.session, { a: 1, [key]: 'x' })
            res.json({})
          })
        })
        const status = get('/').then(
          (reply) => reply.status,
          () => 'cut off',
        )
        return library === DROP_IN ? status : Promise.race([status, sleep(100, 'hangs')])
      })
      assert.deepEqual(seen, { real: 'hangs', dropIn: 200 })
    })
  }

  test('a __proto__ inside of what is stored does not come out again', async (t) => {
    const seen = await onBoth(async (library) => {
      const { get } = await serve(t, library, {}, (app) => {
        app.get('/set', (req, res) => {
          req.session.a = JSON.parse('{"in":{"__proto__":{"admin":true},"b":1}}')
          res.json({})
        })
        app.get('/', (req, res) => {
          const copy = {}
          const held = Object(req.session.a).in
          for (const name of Object.keys(held)) Reflect.set(copy, name, held[name])
          res.json([Object(copy).admin ?? null, Object(copy).b])
        })
      })
      await get('/set')
      return json(await get('/'))
    })
    assert.deepEqual(seen, { real: [true, 1], dropIn: [null, 1] })
  })

  for (const row of ['"text"', '[1]', 'true', '17']) {
    test(`a row that holds ${row} is an error at each request; with the drop-in it is no session, and one line`, async (t) => {
      const lines: string[] = []
      const seen = await onBoth(async (library) => {
        const store = library.createStore()
        store.get = (_, callback) => setImmediate(callback, null, JSON.parse(row))
        const { origin } = await serve(t, library, { store, warn: (line) => lines.push(line) }, quick)
        const browser = new Browser(origin, [['connect.sid', signedValue('id')]])
        return [(await browser.get('/me')).status, (await browser.get('/me')).status]
      })
      assert.deepEqual(seen, { real: [500, 500], dropIn: [200, 200] })
      assert.equal(lines.length, 1)
    })
  }

  test('a row that is no JSON is an error at each request; with the drop-in it is no session', async (t) => {
    const seen = await onBoth(async (library) => {
      const store = spyOn(library.createStore())
      const { origin } = await serve(t, library, { store }, quick)
      store.failing.set('get', new SyntaxError('Unexpected token'))
      return (await new Browser(origin, [['connect.sid', signedValue('id')]]).get('/me')).status
    })
    assert.deepEqual(seen, { real: 500, dropIn: 200 })
  })

  test('a cookie that cookie-parser reads as JSON is an error; with the drop-in it is no session', async (t) => {
    const seen = await onBoth(async (library) => {
      const { origin } = await serve(t, library, {}, quick, { before: [cookieParser(SECRET)] })
      return (await send(origin, '/me', { headers: { cookie: 'connect.sid=j%3A%7B%7D' } })).status
    })
    assert.deepEqual(seen, { real: 500, dropIn: 200 })
  })
})

test('x. nothing lists or ends the sessions of a user; with a store of ours the drop-in does', async (t) => {
  const store = memoryStore()
  const sessions = ours({ secret: SECRET, warn: () => {}, store })
  t.after(() => sessions.close())
  assert.equal('users' in EXPRESS_SESSION.session({}), false)
  const { visitor } = await serve(t, { ...DROP_IN, session: () => sessions }, {}, (app) => {
    quick(app)
    app.get('/log-in', async (req, res) => {
      await sessions.login(req, 7)
      res.json(sessions.publicId(req))
    })
  })
  const phone = visitor()
  const laptop = visitor()
  const ids = [json(await phone.get('/log-in')), json(await laptop.get('/log-in'))]
  const listed = (await sessions.users.list(7)).map(({ id }) => id)
  assert.deepEqual(listed.sort(), ids.sort())
  await phone.get('/set/a')
  await sessions.users.revokeOthers(7, String(json(await laptop.get('/log-in'))))
  assert.deepEqual(json(await phone.get('/me')), {})
  assert.equal((await sessions.users.list(7)).length, 1)
  const foreign = ours({ secret: SECRET, warn: () => {} })
  await assert.rejects(foreign.users.list(7), { code: 'invalid_option', message: /sqliteStore/ })
})

test('xi. a redirect arrives before the session is stored; with the drop-in after it', async (t) => {
  const seen = await onBoth(async (library) => {
    const store = spyOn(library.createStore())
    const released = gate()
    const { origin } = await serve(t, library, { store }, (app) => {
      app.get('/log-in', (req, res) => {
        req.session.user = 'bob'
        res.redirect('/me')
      })
    })
    store.before.set('set', () => released.opened)
    const headers = headersOf(origin, '/log-in')
    const early = await Promise.race([headers.then(() => 'before'), sleep(50, 'after')])
    released.open()
    await headers
    return early
  })
  assert.deepEqual(seen, { real: 'before', dropIn: 'after' })
})

suite('xii. promises', () => {
  test('await save() is over before the store is, and hides its error; with the drop-in it waits, and rejects', async (t) => {
    const seen = await onBoth(async (library) => {
      const store = spyOn(library.createStore())
      const { get } = await serve(t, library, { store }, (app) => {
        app.get('/', async (req, res) => {
          req.session.a = 1
          await req.session.save()
          const isStored = (await rowOf(store, req.sessionID)) !== null && store.calls.includes('stored')
          store.failing.set('set', new Error('full'))
          req.session.a = 2
          const outcome = await Promise.resolve(req.session.save()).then(
            () => 'fine',
            (error: unknown) => String(error),
          )
          store.failing.clear()
          await req.session.save()
          res.json([isStored, outcome])
        })
      })
      store.before.set('set', async () => {
        await sleep(5)
        store.calls.push('stored')
      })
      return json(await get('/'))
    })
    assert.deepEqual(seen, { real: [false, 'fine'], dropIn: [true, 'Error: full'] })
  })

  for (const method of ['regenerate', 'reload']) {
    test(`await ${method}() crashes the process; with the drop-in it is a promise`, () => {
      const program = (name: string) => `
        import session from '${name}'
        import { createServer, get } from 'node:http'
        const middleware = session({ secret: '${SECRET}', resave: false, saveUninitialized: true })
        const server = createServer((req, res) => middleware(req, res, async () => {
          await req.session.save()
          await new Promise((resolve) => setTimeout(resolve, 5))
          await req.session.${method}()
          res.end('fine')
        })).listen(0, '127.0.0.1', () => {
          get(server.address(), (res) => res.resume().on('end', () => setTimeout(() => process.exit(0), 100)))
        })`
      const runs = ['express-session', 'latchstring/express-session'].map((name) => {
        const flags = ['--conditions=latchstring-source', '--input-type=module', '--eval', program(name)]
        return spawnSync(process.execPath, flags, { timeout: 20_000 }).status
      })
      assert.deepEqual(runs, [1, 0])
    })
  }

  test('destroy leaves the cookie in the browser; the drop-in takes it away, with its attributes', async (t) => {
    const seen = await onBoth(async (library) => {
      const { get } = await serve(t, library, { cookie: { path: '/', sameSite: 'strict' } }, quick)
      await get('/login')
      return String((await get('/logout')).headers['set-cookie'])
    })
    assert.deepEqual(seen, {
      real: 'undefined',
      dropIn:
        'connect.sid=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Strict',
    })
  })
})

suite('xiii. and more', () => {
  test('two middlewares on one store: the cookie of the first gets the options of the second; with the drop-in its own', async (t) => {
    const seen = await onBoth(async (library) => {
      const store = library.createStore()
      const options = { store, saveUninitialized: true }
      const admin = library.session({ ...options, name: 'admin', cookie: { path: '/', sameSite: 'strict' } })
      const site = library.session({ ...options, name: 'site', cookie: { path: '/', maxAge: 1_000 } })
      const app = newApp().use('/admin', admin).use(site)
      app.use((_, res) => void res.json({}))
      const reply = await send(await listen(t, app), '/admin')
      const attributes = setCookiesOf(reply)[0]?.attributes
      return [attributes?.get('samesite') ?? null, attributes?.has('expires')]
    })
    assert.deepEqual(seen, { real: [null, true], dropIn: ['Strict', false] })
  })

  test('the callback of res.end is lost, or makes it throw; with the drop-in it is called', async (t) => {
    const seen = await onBoth(async (library) => {
      const outcomes: unknown[] = []
      const { get } = await serve(t, library, {}, (app) => {
        app.get('/:way', (req, res) => {
          req.session.a = req.params.way
          const callback = () => outcomes.push('called')
          try {
            if (req.params.way === 'chunk') res.end('x', 'utf8', callback)
            else res.end(callback)
          } catch (error) {
            outcomes.push(error instanceof TypeError)
          }
        })
      })
      await get('/chunk')
      outcomes.push('then')
      await get('/alone')
      return outcomes.slice(0, 3)
    })
    assert.deepEqual(seen, { real: ['then', true, 'called'], dropIn: ['called', 'then', 'called'] })
  })

  test('each request that reads is a write; with the drop-in one in a while', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: 0 })
    const seen = await onBoth(async (library) => {
      t.mock.timers.setTime(0)
      const store = spyOn(library.createStore())
      const { get } = await serve(t, library, { store }, quick)
      await get('/login')
      for (let poll = 1; poll <= 50; poll++) {
        t.mock.timers.setTime(poll * 2_000)
        await get('/me')
      }
      return store.calls.filter((name) => name === 'touch').length
    })
    assert.deepEqual(seen, { real: 50, dropIn: 1 })
  })

  test('by its defaults each visitor leaves a row; with the drop-in only who stores something', async (t) => {
    // Without the lines that express-session prints about the defaults which it has.
    const realDefaults = { resave: true, saveUninitialized: true }
    const seen = await onBoth(async (library) => {
      const store = library.createStore()
      const options = { store, ...(library === EXPRESS_SESSION ? realDefaults : {}) }
      const { visitor } = await serve(t, library, options, quick)
      for (let visits = 0; visits < 10; visits++) await visitor().get('/me')
      return inside(store)
    })
    assert.deepEqual(seen, { real: 10, dropIn: 0 })
  })

  test('Set-Cookie goes out beside Cache-Control: public; with the drop-in no cache keeps it', async (t) => {
    const seen = await onBoth(async (library) => {
      const { get } = await serve(t, library, {}, (app) => {
        app.use((req, res) => {
          req.session.a = 1
          res.setHeader('Cache-Control', req.path.slice(1))
          res.json({})
        })
      })
      return (await get('/public')).headers['cache-control']
    })
    assert.deepEqual(seen, { real: 'public', dropIn: 'no-store' })
  })

  for (const [name, value] of [
    ['a BigInt', 1n],
    ['an object that holds itself', circular()],
  ] as const) {
    test(`${name} in the session hangs the request; with the drop-in it is a 500`, async (t) => {
      const seen = await onBoth(async (library) => {
        const { get } = await serve(t, library, {}, (app) => {
          app.get('/', (req, res) => {
            req.session.a = value
            res.json({})
          })
        })
        const status = get('/').then(
          (reply) => reply.status,
          () => 'cut off',
        )
        return library === DROP_IN ? status : Promise.race([status, sleep(100, 'hangs')])
      })
      assert.deepEqual(seen, { real: 'hangs', dropIn: 500 })
    })
  }

  test('regenerate and save are two writes; with the drop-in one', async (t) => {
    const seen = await onBoth(async (library) => {
      const store = spyOn(library.createStore())
      const { get } = await serve(t, library, { store }, (app) => {
        app.get('/', (req, res) => {
          req.session.regenerate(() => {
            req.session.user = 'bob'
            req.session.save(() => res.json({}))
          })
        })
      })
      await get('/')
      return store.calls.filter((name) => name === 'set').length
    })
    assert.deepEqual(seen, { real: 2, dropIn: 1 })
  })

  test('a stricter configuration never reaches the sessions that exist; with the drop-in at once', async (t) => {
    const seen = await onBoth(async (library) => {
      const store = library.createStore()
      const before = await serve(t, library, { store, cookie: { maxAge: 60_000, httpOnly: false } }, quick)
      await before.get('/login')
      const options = { store, cookie: { maxAge: 60_000, sameSite: 'strict' as const } }
      const after = await serve(t, library, options, quick)
      const reply = await new Browser(after.origin, before.browser.jar).get('/set/a')
      const { attributes } = setCookiesOf(reply)[0] ?? {}
      return [attributes?.has('httponly'), attributes?.get('samesite') ?? null]
    })
    assert.deepEqual(seen, { real: [false, null], dropIn: [true, 'Strict'] })
  })

  test('/admin is taken for the beginning of /administrator; with the drop-in whole segments count', async (t) => {
    const seen = await onBoth(async (library) => {
      const { get } = await serve(t, library, { cookie: { path: '/admin' } }, (app) => {
        app.use((req, res) => void res.json(req.session !== undefined))
      })
      return Promise.all(['/admin', '/admin/x', '/administrator'].map(async (path) => json(await get(path))))
    })
    assert.deepEqual(seen, { real: [true, true, true], dropIn: [true, true, false] })
  })
})

test('xiv. over HTTP/2 a save crashes the process; with the drop-in it is stored', () => {
  const program = (name: string) => `
    import session from '${name}'
    import { connect, createServer } from 'node:http2'
    const middleware = session({ secret: '${SECRET}', resave: false, saveUninitialized: false })
    const server = createServer((req, res) => middleware(req, res, () => {
      req.session.a = 1
      res.end('fine')
    })).listen(0, '127.0.0.1', () => {
      const client = connect('http://127.0.0.1:' + server.address().port)
      const request = client.request({ ':path': '/' })
      request.on('response', (headers) => console.log(headers[':status'], headers['set-cookie'].length))
      request.on('data', (data) => {
        console.log(String(data))
        process.exit(0)
      })
    })`
  const runs = ['express-session', 'latchstring/express-session'].map((name) => {
    const flags = ['--conditions=latchstring-source', '--input-type=module', '--eval', program(name)]
    const { status, stdout } = spawnSync(process.execPath, flags, { encoding: 'utf8', timeout: 20_000 })
    return [status, stdout]
  })
  assert.deepEqual(runs, [
    [1, ''],
    [0, '200 1\nfine\n'],
  ])
})

function circular(): object {
  const value: { self?: unknown } = {}
  value.self = value
  return value
}

/** Resolves when the headers of the answer are there. */
function headersOf(origin: string, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    request(`${origin}${path}`, (incoming) => resolve(void incoming.resume()))
      .on('error', reject)
      .end()
  })
}
