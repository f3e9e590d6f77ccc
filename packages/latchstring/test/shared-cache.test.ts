import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type express from 'express'
import { memoryUsers } from 'latchstring/users/memory'
import { ROUTES } from '../src/routes/table.ts'
import { ANNA, BERT, PAGE, startAccounts } from './accounts/site.ts'
import { Browser, type Reply, send } from './http/client.ts'
import { listen, newApp, type SiteOptions } from './http/server.ts'

interface Kept {
  readonly reply: Reply
  /** What the request said in the headers that the response varies by. */
  readonly asked: string
}

const HEADERS = ['content-type', 'set-cookie', 'location', 'cache-control', 'vary'] as const

/**
 * A cache in front of an application that keeps whatever RFC 9111 lets a shared cache keep, for ever, also what sets
 * cookies, and answers anybody from it.
 */
class GreedyCache {
  readonly #origin: string
  readonly #kept = new Map<string, Kept[]>()
  /** The requests that the application never saw. */
  hits = 0

  constructor(origin: string) {
    this.#origin = origin
  }

  async answer(request: express.Request): Promise<Reply> {
    const { url, headers } = request
    const given = Object.fromEntries(
      ['cookie', 'accept', 'accept-language'].flatMap((name) => {
        const value = headers[name]
        return typeof value === 'string' ? [[name, value]] : []
      }),
    )
    const found = this.#kept.get(url)?.find(({ reply, asked }) => asked === partOf(given, reply))
    if (found !== undefined) {
      this.hits++
      return found.reply
    }
    const reply = await send(this.#origin, url, { headers: given })
    if (mayBeShared(reply))
      this.#kept.set(url, [...(this.#kept.get(url) ?? []), { reply, asked: partOf(given, reply) }])
    return reply
  }
}

function mayBeShared({ headers }: Reply): boolean {
  return !/no-store|private/i.test(headers['cache-control'] ?? '') && headers.vary !== '*'
}

function partOf(given: Readonly<Record<string, string>>, { headers }: Reply): string {
  const names = (headers.vary ?? '').toLowerCase().split(/\s*,\s*/)
  return JSON.stringify(names.map((name) => [name, given[name] ?? '']))
}

interface CachedSite {
  readonly cache: GreedyCache
  /** The application as the world sees it. */
  readonly front: string
  readonly anna: Browser
  readonly bert: Browser
  advance(milliseconds: number): void
}

/** Anna and Bert have logged in past the cache, which reads nothing but GET. */
async function startCached(t: TestContext, options: SiteOptions = {}): Promise<CachedSite> {
  const users = memoryUsers()
  const site = await startAccounts(t, {
    ...options,
    account: { users },
    addRoutes: (app, { auth }) => {
      app.get('/', auth.homePage)
      app.get('/open', (_, res) => void res.set('Cache-Control', 'public, max-age=60').send('for everybody'))
      app.get('/careless', (req, res) => {
        res.set('Cache-Control', 'public, max-age=60').send(`hello ${req.session.username}`)
      })
      app.get('/login-by-link', async (req, res) => {
        const user = await users.findByEmail(ANNA.email)
        assert.ok(user !== null)
        await auth.generateSession(req, user, { method: 'link' })
        res.set('Cache-Control', 'public, max-age=60').send('in')
      })
    },
  })
  const [anna, bert] = [await site.member(), await site.member(BERT)]
  const cache = new GreedyCache(site.origin)
  const app = newApp().use(async (request: express.Request, response: express.Response) => {
    const { status, headers, body } = await cache.answer(request)
    for (const name of HEADERS) if (headers[name] !== undefined) response.setHeader(name, headers[name])
    response.status(status).end(body)
  })
  const front = await listen(t, app)
  return {
    cache,
    front,
    anna: new Browser(front, anna.jar),
    bert: new Browser(front, bert.jar),
    advance: (milliseconds) => site.clock.advance(milliseconds),
  }
}

const PATHS: readonly string[] = [
  ...Object.entries(ROUTES).flatMap(([path, { GET }]) => (GET === undefined ? [] : [path])),
  ...['/', '/protected', '/careless', '/unknown'],
]

function assertNothingOf(person: { email: string; username: string }, { body, headers }: Reply): void {
  const shown = body + JSON.stringify(headers)
  for (const text of [person.email, person.username]) assert.ok(!shown.includes(text), shown.slice(0, 300))
}

for (const [name, accept] of Object.entries({ programs: {}, browsers: PAGE })) {
  test(`a shared cache before ${name} gives nobody what is somebody else’s (C-09, T27)`, async (t) => {
    const { cache, front, anna, bert } = await startCached(t)
    for (const path of PATHS) {
      await anna.get(path, accept)
      assertNothingOf(ANNA, await bert.get(path, accept))
      const visitor = await new Browser(front).get(path, accept)
      assertNothingOf(ANNA, visitor)
      assertNothingOf(BERT, visitor)
    }
    assert.match((await anna.get('/careless')).body, /hello anna/)
    assert.match((await bert.get('/careless')).body, /hello bert/)
    const before = cache.hits
    for (const browser of [anna, bert]) await browser.get('/open', accept)
    assert.equal(cache.hits, before + 1, 'the cache keeps what is for everybody')
  })
}

test('a shared cache hands no cookie of a renewal or a login on to the next who asks (C-09, T27)', async (t) => {
  const { front, anna, bert, advance } = await startCached(t, { renewal: { every: '1m', grace: '1s' } })
  for (const path of [...PATHS, '/login-by-link']) {
    advance(61_000)
    await anna.get(path)
    const own = anna.jar.get('latchstring')
    const visitor = new Browser(front)
    await visitor.get(path)
    for (const other of [bert, visitor]) assert.notEqual(other.jar.get('latchstring'), own, path)
    await bert.get(path)
    assert.notEqual(bert.jar.get('latchstring'), own, path)
  }
  const [first, second] = [new Browser(front), new Browser(front)]
  for (const visitor of [first, second]) await visitor.get('/login-by-link')
  assert.ok(first.jar.has('latchstring') && second.jar.has('latchstring'))
  assert.notEqual(first.jar.get('latchstring'), second.jar.get('latchstring'))
})
