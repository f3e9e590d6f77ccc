import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import express, { type Express } from 'express'
import { ROUTES } from '../../src/routes/table.ts'
import { createCertificate } from '../http/certificate.ts'
import { Browser, json, type Reply, setCookiesOf } from '../http/client.ts'
import { listen } from '../http/server.ts'
import { POST_PATHS, preparePost, startAttacked } from './posts.ts'
import { type AccountSite, type AccountSiteOptions, ANNA, isLoggedIn, PAGE, startAccounts } from './site.ts'

const TOKEN = 'k'.repeat(43)
const STRANGER = { origin: 'https://evil.example' }

/** All that is read: the paths with a GET, and the start page. */
const PATHS: readonly string[] = [
  ...Object.entries(ROUTES).flatMap(([path, { GET }]) => (GET === undefined ? [] : [path])),
  '/',
]

interface Reader {
  readonly site: AccountSite
  readonly visitor: Browser
  readonly member: Browser
}

async function startWithReaders(t: TestContext, options: AccountSiteOptions = {}): Promise<Reader> {
  const site = await startAccounts(t, {
    ...options,
    addRoutes: (app, { auth }) => void app.get('/', auth.homePage),
  })
  return { site, visitor: site.browser(), member: await site.member() }
}

/** Each path, for each reader, as a page and as JSON. */
async function eachAnswer(
  { visitor, member }: Reader,
  accept: Readonly<Record<string, string>>,
  check: (reply: Reply, what: string) => void,
): Promise<void> {
  for (const path of PATHS) {
    for (const [who, browser] of Object.entries({ visitor, member })) {
      const reply = await browser.get(`${path}?token=${TOKEN}`, { ...accept, ...STRANGER })
      check(reply, `GET ${path} for a ${who}`)
    }
  }
}

function assertClosed({ headers }: Reply, what: string): void {
  assert.equal(headers['cache-control'], 'no-store', what)
  assert.deepEqual(
    Object.keys(headers).filter((name) => name.startsWith('access-control-')),
    [],
    what,
  )
}

function assertPrivate(reply: Reply, what: string): void {
  const { vary = '' } = reply.headers
  assertClosed(reply, what)
  assert.match(vary, /(?:^|, )Cookie(?:,|$)/, what)
  assert.match(vary, /(?:^|, )Accept(?:,|$)/, what)
}

const PAGE_HEADERS: Readonly<Record<string, RegExp>> = {
  'content-type': /^text\/html; charset=utf-8$/,
  'content-security-policy':
    /^default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/,
  'x-frame-options': /^DENY$/,
  'x-content-type-options': /^nosniff$/,
  'referrer-policy': /^(?:same-origin|strict-origin)$/,
  'cross-origin-opener-policy': /^same-origin$/,
  'cross-origin-resource-policy': /^same-origin$/,
}

function assertPage({ headers, body }: Reply, what: string): void {
  for (const [name, pattern] of Object.entries(PAGE_HEADERS))
    assert.match(String(headers[name]), pattern, `${what}: ${name}`)
  assert.doesNotMatch(
    body,
    /<script|<iframe|<object|<embed|<base|<meta http-equiv|<style|\s(?:on\w+|style)=/i,
    what,
  )
  for (const [, url = ''] of body.matchAll(/\s(?:href|src|action|formaction|content|data|poster)="([^"]*)"/g))
    assert.doesNotMatch(url, /^(?:[a-z]+:|\/\/|\\)/i, `${what}: ${url}`)
}

function assertKind(reply: Reply, what: string): 'redirect' | 'page' | 'JSON' {
  const { status, headers } = reply
  if (status >= 300 && status < 400) return 'redirect'
  if (headers['content-type'] === 'application/json; charset=utf-8') return 'JSON'
  assertPage(reply, what)
  return 'page'
}

for (const [name, accept] of Object.entries({ program: {}, browser: PAGE })) {
  test(`whatever a ${name} reads is for one reader, locked up, and nothing of it from elsewhere (C-09, W-07, W-10, T26, T97)`, async (t) => {
    const kinds = new Set<string>()
    await eachAnswer(await startWithReaders(t), accept, (reply, what) => {
      assert.ok([200, 302, 303, 401, 404].includes(reply.status), `${what}: ${reply.status}`)
      assertPrivate(reply, what)
      kinds.add(assertKind(reply, what))
    })
    assert.ok(kinds.has('page') && kinds.has(accept === PAGE ? 'redirect' : 'JSON'))
  })
}

suite('every answer to a POST', () => {
  for (const path of POST_PATHS) {
    test(`${path} is stored by nobody, done or refused (C-09, W-07, W-10, T26, T97)`, async (t) => {
      const site = await startAttacked(t, path)
      const { browser, path: sentPath, fields } = await preparePost(site, path)
      const check = (reply: Reply, what: string) => {
        assertPrivate(reply, what)
        assertKind(reply, what)
      }
      for (const headers of [{}, PAGE]) {
        for (const client of [browser, site.browser()])
          check(await client.send(sentPath, { method: 'POST', headers, form: { a: '%' } }), 'refused')
      }
      // Before anybody looks at the cookie, the answer is the same for all.
      assertClosed(await browser.post(sentPath, fields, STRANGER), 'from elsewhere')
      check(await browser.post(sentPath, fields), 'done')
      check(
        await site.browser().send(sentPath, { method: 'POST', headers: PAGE, form: textsOf(fields) }),
        'a form',
      )
    })
  }
})

function textsOf(fields: Readonly<Record<string, string | boolean>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value === true ? 'on' : String(value)]),
  )
}

test('nobody may ask from another site, not even whether they may (W-10)', async (t) => {
  const { visitor, member } = await startWithReaders(t)
  const preflight = {
    ...STRANGER,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'x',
  }
  for (const path of Object.keys(ROUTES)) {
    for (const browser of [visitor, member]) {
      const { headers } = await browser.send(path, { method: 'OPTIONS', headers: preflight })
      assert.deepEqual(
        Object.keys(headers).filter((name) => name.startsWith('access-control-')),
        [],
        path,
      )
    }
  }
})

test('a session that is due for a new token is renewed without a word to any cache (C-09, T26)', async (t) => {
  const reader = await startWithReaders(t, { renewal: { every: '1m', grace: '1s' } })
  for (const accept of [{}, PAGE]) {
    for (const path of PATHS) {
      reader.site.clock.advance(61_000)
      const reply = await reader.member.get(`${path}?token=${TOKEN}`, accept)
      const names = setCookiesOf(reply).map(({ name }) => name)
      assert.deepEqual(names, ['latchstring'], path)
      assertPrivate(reply, path)
    }
  }
  assert.equal(await isLoggedIn(reader.member), true)
})

test('every page that asks for a secret tells password managers which (P-03, T97)', async (t) => {
  const { visitor, member } = await startWithReaders(t)
  for (const [browser, path, expected] of [
    [visitor, '/signup', ['username', 'nickname', 'new-password']],
    [visitor, '/login', ['username', 'current-password']],
    [visitor, '/password/forgot', ['username']],
    [visitor, `/password/reset?token=${TOKEN}`, ['new-password']],
    [member, '/account', ['email', 'username', 'current-password', 'new-password']],
    [member, '/account/reauthenticate', ['username', 'current-password']],
  ] as const) {
    const { body } = await browser.get(path, PAGE)
    const found = [...body.matchAll(/autocomplete="([^"]+)"/g)].map(([, name]) => name)
    assert.deepEqual(found, expected, path)
    for (const [field] of body.matchAll(/<input[^>]*type="password"[^>]*>/g))
      assert.doesNotMatch(field, /maxlength|value=|onpaste|readonly/i, path)
  }
})

const certificate = createCertificate()

/** Somebody who is logged in over https, to an application with cookies of its own. */
async function logInSecurely(t: TestContext): Promise<Browser> {
  const apps: Express[] = []
  await startAccounts(t, { addRoutes: (app) => void apps.push(app) })
  const [app = express()] = apps
  app.get('/theme', (_, res) => void res.cookie('theme', 'dark').cookie('__Host-app', '1').end())
  const browser = new Browser(await listen(t, app, certificate ?? undefined))
  assert.equal((await browser.post('/signup', ANNA)).status, 201)
  return browser
}

suite('a log-out over https', { skip: certificate === null ? 'openssl is not installed' : false }, () => {
  test('clears what was cached and stored, and no cookie but ours (W-08, T30)', async (t) => {
    const browser = await logInSecurely(t)
    await browser.get('/theme')
    const names = [...browser.jar.keys()]
    assert.ok(names.includes('__Host-Http-latchstring'))
    const reply = await browser.post('/logout')
    assert.equal(reply.headers['clear-site-data'], '"cache", "storage"')
    assert.deepEqual(
      names.filter((name) => !browser.jar.has(name)),
      ['__Host-Http-latchstring'],
    )
    for (const { attributes } of setCookiesOf(reply)) assert.equal(attributes.has('domain'), false)
  })

  test('is what ending the own session by any other way is, too (W-08, T30)', async (t) => {
    const ends: Readonly<Record<string, (browser: Browser) => Promise<string>>> = {
      'its own device': async (browser) => {
        const { sessions: [own] = [] }: { sessions?: { id: string }[] } = Object(
          json(await browser.get('/account/sessions')),
        )
        return `/account/sessions/${own?.id}/revoke`
      },
      'all devices': async () => '/account/sessions/revoke-all',
      'the account': async () => '/account/delete',
    }
    for (const [name, pathOf] of Object.entries(ends)) {
      const browser = await logInSecurely(t)
      const { status, headers } = await browser.post(await pathOf(browser))
      assert.deepEqual([status, headers['clear-site-data']], [200, '"cache", "storage"'], name)
    }
  })

  test('says nothing of the kind where nobody is logged out (W-08, T30)', async (t) => {
    const browser = await logInSecurely(t)
    const foreign = await browser.post('/logout', {}, { 'sec-fetch-site': 'cross-site' })
    const read = await browser.get('/logout')
    const broken = await browser.post('/logout', '[]')
    for (const { status, headers } of [foreign, read, broken]) {
      assert.ok(status >= 400)
      assert.equal(headers['clear-site-data'], undefined)
    }
    const others = await browser.post('/account/sessions/revoke-others')
    assert.deepEqual([others.status, others.headers['clear-site-data']], [200, undefined])
  })
})

test('a log-out over http says nothing that browsers would not take (W-08, T30)', async (t) => {
  const browser = await (await startAccounts(t)).member()
  const { status, headers } = await browser.post('/logout')
  assert.deepEqual([status, headers['clear-site-data']], [200, undefined])
})
