import type { TestContext } from 'node:test'
import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import express, { type RequestHandler } from 'express'
import session, { type SessionOptions, type Store } from 'express-session'
import type { AuthOptions } from 'latchstring/express'
import { type ExpressSessionOptions, expressSession, type MigrateOptions } from 'latchstring/migrate'
import { memoryStore } from 'latchstring/stores/memory'
import { Pool } from 'pg'
import { createClient } from 'redis'
import { answerOf } from '../../src/stores/_expressCall.ts'
import { fakeClock } from '../../src/testing/clock.ts'
import { Browser } from '../http/client.ts'
import { listen, newApp, type Site, startSite } from '../http/server.ts'
import { freshPrefix } from '../redis-support.ts'
import { createDatabase } from '../servers.ts'

export const DAY = 86_400_000
export const OLD_COOKIE = 'connect.sid'
export const COOKIE = 'latchstring'
export const SECRET = 'a secret of the old application, of 32 bytes and more'
/** Longer than old cookies are accepted after a move. */
export const AFTER_GRACE = 30_001

/** What each store of express-session is given by its manual, on a server of the tests. */
export const OPEN_OLD_STORE = {
  MemoryStore: async (): Promise<Store> => new session.MemoryStore(),
  'connect-redis': openRedisStore,
  'connect-pg-simple': openPgStore,
}

async function openRedisStore(t: TestContext, url: string): Promise<Store> {
  const client = await createClient({ url }).connect()
  t.after(() => client.destroy())
  return new RedisStore({ client, prefix: freshPrefix() })
}

async function openPgStore(t: TestContext): Promise<Store> {
  const { url, drop } = await createDatabase('postgres')
  const pool = new Pool({ connectionString: url })
  pool.on('error', () => {})
  t.after(async () => {
    await pool.end()
    await drop()
  })
  const PgStore = connectPgSimple(session)
  return new PgStore({ pool, createTableIfMissing: true, pruneSessionInterval: false })
}

/** A browser in which an application on express-session has left a session with these data. */
export async function oldBrowser(
  t: TestContext,
  store: Store,
  data: object,
  options: Partial<SessionOptions> = {},
): Promise<Browser> {
  const middleware = session({ secret: SECRET, store, resave: false, saveUninitialized: false, ...options })
  return browserWith(t, middleware, data)
}

/** A browser in which an application on this middleware has left these data. */
export async function browserWith(
  t: TestContext,
  middleware: RequestHandler,
  data: object,
): Promise<Browser> {
  const app = newApp().use(middleware, express.json())
  app.post('/', (req, res) => {
    Object.assign(req.session, req.body)
    res.json({})
  })
  const browser = new Browser(await listen(t, app))
  await browser.post('/', data)
  return browser
}

export interface MovedSiteOptions extends Omit<AuthOptions, 'migrate' | 'clock'> {
  readonly migrate?: Partial<MigrateOptions>
  readonly from?: Partial<ExpressSessionOptions>
  readonly clock?: ReturnType<typeof fakeClock>
}

/** The application after its move: the usual routes, and what it finds in the session. */
export function startMoved(t: TestContext, oldStore: Store, options: MovedSiteOptions = {}): Promise<Site> {
  const { migrate, from, clock = fakeClock(Date.now()), store = memoryStore(), ...others } = options
  const until = new Date(clock() + 30 * DAY)
  return startSite(
    t,
    {
      ...others,
      store,
      clock,
      migrate: { from: expressSession({ secret: SECRET, store: oldStore, ...from }), until, ...migrate },
    },
    (app) => {
      app.get('/session', (req, res) => {
        res.json({ userId: req.session.userId, data: { ...req.session } })
      })
      app.get('/public', (_, res) => void res.json({}))
    },
  )
}

/** The same browser at another origin: cookies know no ports. */
export function browserAt(origin: string, { jar }: Pick<Browser, 'jar'>): Browser {
  return new Browser(origin, jar)
}

/** The ids that a store of express-session holds. */
export function idsIn(store: Store): Promise<string[]> {
  return new Promise((resolve, reject) => {
    if (store.all === undefined) throw new Error('this store cannot list its sessions')
    store.all((error, sessions) => {
      if (error) reject(error)
      else resolve(Object.keys(sessions ?? {}))
    })
  })
}

export function rowOf(store: Store, sid: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    store.get(sid, (error, row) => (error ? reject(error) : resolve(row ?? null)))
  })
}

/** Stores a row again, as late requests of the old application do. */
export async function storeRow(store: Store, sid: string, row: unknown, changes: object = {}): Promise<void> {
  await answerOf(store.set, 2, (done) =>
    Reflect.apply(store.set, store, [sid, { ...Object(row), ...changes }, done]),
  )
}

/** The id in a signed cookie. */
export function sidOf({ jar }: Browser, name: string = OLD_COOKIE): string {
  const [, sid = ''] = /^s:(.*)\.[^.]*$/.exec(decodeURIComponent(jar.get(name) ?? '')) ?? []
  return sid
}
