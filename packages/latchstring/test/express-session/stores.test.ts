import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import real from 'express-session'
import ours from 'latchstring/express-session'
import createMemoryStore from 'memorystore'
import { Pool } from 'pg'
import { createClient } from 'redis'
import { Browser, json } from '../http/client.ts'
import { gate } from '../http/server.ts'
import { freshPrefix } from '../redis-support.ts'
import { createDatabase, describeWith } from '../servers.ts'
import {
  type AnyStore,
  cookieOf,
  DROP_IN,
  EXPRESS_SESSION,
  idIn,
  type Library,
  OLD_WAY,
  rowOf,
  serve,
  signedValue,
} from './support.ts'

/** How a test opens one and the same store twice: for express-session and for the drop-in. */
interface Opened {
  readonly store: AnyStore
  /** Milliseconds that the store will keep the session, if it can say so. */
  readonly timeLeft?: (id: string) => Promise<number>
}
type Open = (t: TestContext) => Promise<Opened>

/** One after the other on the same store: each goes on with what the one before has left. */
const CHAINS = {
  'express-session knows everybody whom the drop-in has logged in with raw ids, and so does that again': [
    OLD_WAY,
    EXPRESS_SESSION,
    OLD_WAY,
  ],
  'without the option for raw ids those are known who got raw ids by it': [OLD_WAY, DROP_IN],
  'express-session goes on with what it began, whatever the drop-in has written there meanwhile': [
    EXPRESS_SESSION,
    DROP_IN,
    EXPRESS_SESSION,
  ],
}

/** Each of these inherits from the Store of the library that it is told, or of the package named express-session. */
testForeignStore('memorystore, of the drop-in', async () => {
  const MemoryStore = createMemoryStore(Object(ours))
  return { store: new MemoryStore({}) }
})

testForeignStore('memorystore, of express-session', async () => {
  const MemoryStore = createMemoryStore(real)
  return { store: new MemoryStore({}) }
})

describeWith('redis', 'connect-redis', (url) => {
  testForeignStore('connect-redis', async (t) => {
    const client = createClient({ url })
    client.on('error', () => {})
    await client.connect()
    t.after(() => client.destroy())
    const prefix = freshPrefix()
    const timeLeft = async (id: string) => 1000 * Number(await client.ttl(`${prefix}${id}`))
    return { store: new RedisStore({ client, prefix }), timeLeft }
  })
})

describeWith('postgres', 'connect-pg-simple', () => {
  for (const [of, library] of Object.entries({ 'express-session': real, 'the drop-in': ours })) {
    testForeignStore(`connect-pg-simple, of ${of}`, async (t) => {
      const database = await createDatabase('postgres')
      const pool = new Pool({ connectionString: database.url })
      pool.on('error', () => {})
      const PgStore = connectPgSimple(Object(library))
      const store = new PgStore({ pool, createTableIfMissing: true, pruneSessionInterval: false })
      t.after(async () => {
        await store.close()
        await pool.end()
        await database.drop()
      })
      const timeLeft = async (id: string) => {
        const { rows } = await pool.query('SELECT expire FROM session WHERE sid = $1', [id])
        return Number(new Date(rows[0].expire)) - Date.now()
      }
      return { store, timeLeft }
    })
  }
})

const HOUR = 3_600_000

function testForeignStore(name: string, open: Open): void {
  suite(`${name}, under the drop-in`, () => {
    test('keeps a session under a hash, for as long as its cookie lives, and ends it', async (t) => {
      const { store, timeLeft } = await open(t)
      const { get, browser } = await start(t, DROP_IN, store, { maxAge: HOUR })
      const id = String(json(await get('/login')))
      assert.notEqual(id, idIn(cookieOf(browser)))
      assert.deepEqual(json(await get('/me')), ['bob', 1])
      assert.deepEqual(json(await get('/me')), ['bob', 2])
      const left = (await timeLeft?.(id)) ?? HOUR
      assert.ok(left > HOUR - 60_000 && left < HOUR + 60_000, `${left} ms`)
      const thief = browser.copy()
      await get('/logout')
      assert.deepEqual(json(await thief.get('/me')), [null, 1])
      assert.equal(await rowOf(store, id), null)
    })

    test('keeps a session without maxAge for a day, on the server', async (t) => {
      const { store, timeLeft } = await open(t)
      const { get } = await start(t, DROP_IN, store)
      const reply = await get('/login')
      assert.doesNotMatch(String(reply.headers['set-cookie']), /Expires|Max-Age/)
      const left = (await timeLeft?.(String(json(reply)))) ?? 24 * HOUR
      assert.ok(left > 23 * HOUR && left < 25 * HOUR, `${left} ms`)
    })

    test('parallel requests keep the keys of each other, and none brings back what ended', async (t) => {
      const { store } = await open(t)
      const { get, browser, slow } = await start(t, DROP_IN, store)
      await get('/login')
      await Promise.all(Array.from({ length: 10 }, (_, key) => get(`/set/${key}`)))
      assert.equal(Object.keys(Object(json(await get('/data')))).length, 11)
      const thief = browser.copy()
      const late = browser.copy().get('/slow')
      await slow.arrived.opened
      await get('/logout')
      slow.released.open()
      await late
      assert.deepEqual(json(await thief.get('/me')), [null, 1])
    })

    for (const [way, library] of Object.entries({ 'as it comes': DROP_IN, 'with raw ids': OLD_WAY })) {
      test(`the drop-in ${way} knows everybody whom express-session has logged in, under their old id`, async (t) => {
        const { store } = await open(t)
        const before = await start(t, EXPRESS_SESSION, store, { maxAge: HOUR })
        const ids = [json(await before.get('/login'))]
        const visitors = [before.browser, ...(await visitorsOf(before.visitor, ids))]
        const after = await start(t, library, store, { maxAge: HOUR })
        for (const [index, visitor] of visitors.entries()) {
          const browser = new Browser(after.origin, visitor.jar)
          assert.deepEqual(json(await browser.get('/me')), ['bob', 1])
          assert.equal(json(await browser.get('/id')), ids[index])
          assert.deepEqual(json(await browser.get('/me')), ['bob', 2])
        }
      })
    }

    for (const [chain, libraries] of Object.entries(CHAINS)) {
      test(chain, async (t) => {
        const { store } = await open(t)
        let jar: ReadonlyMap<string, string> = new Map()
        for (const [before, library] of libraries.entries()) {
          const { origin } = await start(t, library, store, { maxAge: HOUR })
          const browser = new Browser(origin, jar)
          if (before === 0) await browser.get('/login')
          else assert.deepEqual(json(await browser.get('/me')), ['bob', before])
          jar = browser.jar
        }
      })
    }

    test('an old session gets the moment from which its absolute lifetime counts', async (t) => {
      const { store } = await open(t)
      const before = await start(t, EXPRESS_SESSION, store)
      const id = String(json(await before.get('/login')))
      const after = await start(t, DROP_IN, store)
      const browser = new Browser(after.origin, before.browser.jar)
      assert.equal(json(await browser.get('/id')), id)
      const { life } = Object(Object(await rowOf(store, id)).cookie)
      assert.ok(Math.abs(Number(life.createdAt) - Date.now()) < 60_000)
    })

    test('a copied key, signed with a copied secret, is no session', async (t) => {
      const { store } = await open(t)
      const { get, origin } = await start(t, DROP_IN, store)
      const id = String(json(await get('/login')))
      const forged = new Browser(origin, [['connect.sid', signedValue(id)]])
      assert.deepEqual(json(await forged.get('/me')), [null, 1])
    })
  })
}

async function visitorsOf(create: () => Browser, ids: unknown[]): Promise<Browser[]> {
  const visitors = [create(), create()]
  for (const visitor of visitors) ids.push(json(await visitor.get('/login')))
  return visitors
}

async function start(t: TestContext, library: Library, store: AnyStore, cookie: { maxAge?: number } = {}) {
  const slow = { arrived: gate(), released: gate() }
  const site = await serve(t, library, { store, cookie }, (app) => {
    app.get('/login', (req, res) => {
      req.session.user = 'bob'
      res.json(req.sessionID)
    })
    app.get('/id', (req, res) => void res.json(req.sessionID))
    app.get('/me', (req, res) => {
      req.session.views = (req.session.views ?? 0) + 1
      res.json([req.session.user ?? null, req.session.views])
    })
    app.get('/set/:key', (req, res) => {
      Object.assign(req.session, { [`key${req.params.key}`]: 1 })
      res.json({})
    })
    app.get('/slow', async (req, res) => {
      slow.arrived.open()
      await slow.released.opened
      req.session.a = 'late'
      res.json({})
    })
    app.get('/data', (req, res) => {
      const { cookie: _, ...data } = req.session
      res.json(data)
    })
    app.get('/logout', (req, res) => {
      req.session.destroy(() => res.json({}))
    })
  })
  return { ...site, slow }
}
