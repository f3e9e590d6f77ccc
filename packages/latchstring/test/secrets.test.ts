import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { suite, type TestContext, test } from 'node:test'
import { inspect } from 'node:util'
import type { Request } from 'express'
import type { Row, Store } from 'latchstring/express'
import { memoryStore } from 'latchstring/stores/memory'
import { sqliteStore } from 'latchstring/stores/sqlite'
import { Browser, send } from './http/client.ts'
import { type Site, type SiteOptions, startSite } from './http/server.ts'

const PASSWORD = 'correct horse canary staple'
const COOKIE = 'latchstring'

interface Dump {
  /** Everything that was printed, reported, thrown or could be looked into. */
  readonly texts: string[]
}

/** Everything that a curious log line could hold of a value. */
function textsOf(value: unknown): string[] {
  const options = { depth: 10, showHidden: true, getters: true, maxStringLength: null, maxArrayLength: null }
  return [inspect(value, options), inspect(value, { ...options, showProxy: true }), jsonOf(value)]
}

function jsonOf(value: unknown): string {
  const seen = new Set<unknown>()
  return (
    JSON.stringify(value, (_, member) => {
      if (typeof member === 'bigint') return String(member)
      if (typeof member !== 'object' || member === null) return member
      if (seen.has(member)) return '[again]'
      seen.add(member)
      return member instanceof Error ? { ...member, message: member.message, stack: member.stack } : member
    }) ?? ''
  )
}

/** What this package put on a request: the request's own headers and socket are not ours. */
function partsOf(request: Request): unknown[] {
  const symbols = Object.getOwnPropertySymbols(request)
    .filter((symbol) => symbol.description?.startsWith('latchstring'))
    .map((symbol) => Reflect.get(request, symbol))
  return [request.session, ...symbols]
}

/** A store that can be switched off. */
function switchable(store: Store, isBroken: () => boolean = () => false): Store {
  const orFail = <Args extends unknown[], T>(call: (...args: Args) => Promise<T>) => {
    return async (...args: Args): Promise<T> => {
      if (isBroken()) throw new Error('the store is down')
      return call(...args)
    }
  }
  return {
    read: orFail(async (key) => store.read(key)),
    write: orFail((row) => store.write(row)),
    remove: orFail((keys) => store.remove(keys)),
    list: orFail((userId) => store.list(userId)),
    purge: orFail((now) => store.purge(now)),
  }
}

interface Watched extends Site, Dump {
  readonly tokens: Set<string>
  browse(browser: Browser, path: string, body?: unknown): Promise<void>
}

async function startWatched(t: TestContext, options: SiteOptions = {}): Promise<Watched> {
  const texts: string[] = []
  const tokens = new Set<string>()
  for (const name of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) {
    t.mock.method(console, name, (...args: unknown[]) => void texts.push(...args.flatMap(textsOf)))
  }
  const site = await startSite(t, options, (app, auth) => {
    app.post('/check', async (req, res) => {
      if (req.body.password !== PASSWORD) return void res.status(401).json({ message: 'Invalid credentials' })
      texts.push(...partsOf(req).flatMap(textsOf), ...textsOf(auth))
      await auth.generateSession(req, { id: 'ann', username: 'Ann' })
      texts.push(...partsOf(req).flatMap(textsOf), ...textsOf(auth))
      req.session.username = 'Anna'
      await req.session.save()
      texts.push(...partsOf(req).flatMap(textsOf))
      res.json({})
    })
    app.get('/look', auth.authenticate, async (req, res) => {
      texts.push(...partsOf(req).flatMap(textsOf), ...textsOf(await auth.sessions.list('ann')))
      res.json({})
    })
    app.post('/throw', async (req) => {
      Object.assign(req.session, { note: new Map() })
      await req.session.save()
    })
    app.use(
      (
        error: unknown,
        req: Request,
        res: { status(code: number): { json(body: object): void } },
        _: unknown,
      ) => {
        texts.push(...textsOf(error), ...partsOfOrError(req).flatMap(textsOf))
        res.status(500).json({})
      },
    )
  })
  const browse: Watched['browse'] = async (browser, path, body) => {
    const before = browser.jar.get(COOKIE)
    const reply = await (body === undefined ? browser.get(path) : browser.post(path, body))
    texts.push(reply.body, jsonOf({ ...reply.headers, 'set-cookie': null }))
    for (const token of [before, browser.jar.get(COOKIE)]) if (token !== undefined) tokens.add(token)
  }
  return { ...site, texts, tokens, browse }
}

function partsOfOrError(request: Request): unknown[] {
  try {
    return partsOf(request)
  } catch (error) {
    return [error]
  }
}

suite('secrets stay secret', () => {
  test('F-04: no token and no password reaches logs, events, errors, bodies or what can be inspected', async (t) => {
    let isBroken = false
    const store = switchable(memoryStore(), () => isBroken)
    const site = await startWatched(t, { store, renewal: { every: '10m', grace: '1s' } })
    const { browse, clock, texts, tokens, events, lines } = site
    const browser = new Browser(site.origin)

    await browse(browser, '/check', { password: `${PASSWORD} wrong` })
    await browse(browser, '/check', { password: PASSWORD })
    await browse(browser, '/look')
    await browse(browser, '/throw', {})
    const thief = browser.copy()
    clock.advance(10 * 60_000)
    await browse(browser, '/look')
    isBroken = true
    await browse(browser, '/look')
    await browse(browser, '/check', { password: PASSWORD })
    await browse(browser, '/logout', {})
    isBroken = false
    await browse(new Browser(site.origin, [...browser.jar, ['x', browser.jar.get(COOKIE) ?? '']]), '/look')
    const duplicate = { cookie: `${browser.cookie}; ${thief.cookie}` }
    texts.push((await send(site.origin, '/look', { headers: duplicate })).body)
    texts.push(
      (
        await send(site.origin, '/login', {
          method: 'POST',
          headers: { ...duplicate, origin: 'https://evil.example' },
        })
      ).body,
    )
    clock.advance(10_000)
    await browse(thief, '/look')
    await browse(browser, '/look')
    texts.push(...events.flatMap(textsOf), ...lines)

    const types = new Set<string>(events.map(({ type }) => type))
    for (const type of [
      'session.created',
      'session.renewed',
      'session.token_reused',
      'store.failed',
      'cookie.duplicate',
      'request.cross_origin',
    ]) {
      assert.ok(types.has(type), `the flow caused ${type}`)
    }
    assert.ok(tokens.size >= 2 && texts.length > 40)
    for (const text of texts) {
      for (const token of tokens) assert.equal(text.includes(token), false, text.slice(0, 2_000))
      assert.equal(text.includes(PASSWORD), false, text.slice(0, 2_000))
    }
  })
})

interface OpenStore {
  readonly name: string
  open(t: TestContext): { store: Store; rows(): Promise<unknown[]> }
}

const STORES: readonly OpenStore[] = [
  {
    name: 'memoryStore',
    open() {
      const written: Row[] = []
      const store = memoryStore()
      const spied: Store = {
        ...switchable(store),
        write: (row) => {
          written.push(row)
          return store.write(row)
        },
      }
      return { store: spied, rows: async () => [written, inspect(store, { depth: 10, showHidden: true })] }
    },
  },
  {
    name: 'sqliteStore',
    open(t) {
      const folder = mkdtempSync(join(tmpdir(), 'latchstring-secrets-'))
      const path = join(folder, 'app.db')
      const store = sqliteStore(path)
      t.after(() => {
        store.close()
        rmSync(folder, { recursive: true, force: true })
      })
      return { store, rows: async () => dumpDatabase(path) }
    },
  },
]

/** Every value of every table, and the raw bytes of every file of the database. */
function dumpDatabase(path: string): unknown[] {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const tables = database.prepare("select name from sqlite_master where type = 'table'").all()
    const rows = tables.flatMap(({ name }) => database.prepare(`select * from "${name}"`).all())
    const files = ['', '-wal', '-journal'].map((suffix) => path + suffix).filter((file) => existsSync(file))
    return [rows, ...files.map((file) => readFileSync(file, 'latin1'))]
  } finally {
    database.close()
  }
}

suite('a stolen store logs nobody in', () => {
  for (const { name, open } of STORES) {
    test(`S-02: a dump of ${name} holds no token in any encoding, and nothing in it works as a cookie`, async (t) => {
      const { store, rows } = open(t)
      const { origin, clock } = await startSite(t, { store, renewal: { every: '1m', grace: '30s' } })
      const browsers = Array.from({ length: 5 }, () => new Browser(origin))
      const tokens: string[] = []
      const collect = () => tokens.push(...browsers.map(({ jar }) => jar.get(COOKIE) ?? ''))
      for (const browser of browsers) await browser.post('/login')
      collect()
      clock.advance(61_000)
      for (const browser of browsers) await browser.get('/protected')
      collect()
      assert.equal(new Set(tokens).size, 10)

      const dump = await rows()
      const text = inspect(dump, { depth: 10, maxStringLength: null, maxArrayLength: null })
      const bytes = Buffer.from(text, 'latin1')
      for (const token of tokens) {
        for (const form of formsOf(token)) assert.equal(bytes.includes(form), false)
      }
      const values = new Set(text.match(/[A-Za-z0-9_-]{16,}/g) ?? [])
      assert.ok(values.size >= 10)
      for (const value of values) {
        for (const candidate of [value, value.slice(0, 43), value.slice(-43)]) {
          const { status } = await send(origin, '/protected', {
            headers: { cookie: `${COOKIE}=${candidate}` },
          })
          assert.equal(status, 401, candidate)
        }
      }
      for (const browser of browsers) assert.equal((await browser.get('/protected')).status, 200)
    })
  }
})

/** A token and the bytes behind it, in every encoding that a store or a log might use. */
function formsOf(token: string): Buffer[] {
  const raw = Buffer.from(token, 'base64url')
  const encoded = [raw, Buffer.from(token)].flatMap((bytes) =>
    (['hex', 'base64', 'base64url'] as const).map((encoding) => bytes.toString(encoding).replace(/=+$/, '')),
  )
  return [
    raw,
    ...[token, ...encoded, ...encoded.map((text) => text.toUpperCase())].map((text) => Buffer.from(text)),
  ]
}
