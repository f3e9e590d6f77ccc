import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ROUTES } from '../../src/routes/table.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { Browser, json, times } from '../http/client.ts'
import { spyStore } from '../support.ts'
import { type AccountSite, ANNA, codeOf, isLoggedIn, PAGE, startAccounts } from './site.ts'

const NAME = 'latchstring'
const GET_PATHS = Object.entries(ROUTES).flatMap(([path, { GET }]) => (GET === undefined ? [] : [path]))

interface Elsewhere {
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Where somebody could put a token that is not the cookie. */
function placesFor(token: string): readonly Elsewhere[] {
  const cookies = [`${NAME}2`, `__Host-${NAME}`, `__Host-Http-${NAME}`, NAME.toUpperCase(), 'connect.sid']
  return [
    ...[NAME, 'token', 'session', 'sid', 'access_token'].map((name) => ({ query: `?${name}=${token}` })),
    ...['Bearer', 'Basic', 'Session'].map((scheme) => ({ headers: { authorization: `${scheme} ${token}` } })),
    ...['x-session', 'x-session-token', 'x-auth-token', NAME].map((name) => ({ headers: { [name]: token } })),
    ...cookies.map((name) => ({ headers: { cookie: `${name}=${token}` } })),
    ...[`;${token}`, `/${token}`].map((query) => ({ query })),
  ]
}

test('a token opens an account from its cookie and from nowhere else (S-07, T21)', async (t) => {
  const site = await startAccounts(t)
  const token = (await site.member()).jar.get(NAME) ?? ''
  for (const { query = '', headers = {} } of placesFor(token)) {
    for (const path of ['/account', '/account/sessions', '/account/activity', '/protected']) {
      const { status } = await site.browser().get(path + query, headers)
      assert.ok(status === 401 || status === 404, `${status} for ${path}${query} ${JSON.stringify(headers)}`)
    }
  }
  const inBody = { token, [NAME]: token, session: token, password: ANNA.password }
  for (const path of ['/account/reauthenticate', '/account/delete', '/account/sessions/revoke-all'])
    assert.equal((await site.browser().post(path, inBody)).status, 401, path)
  assert.equal(await isLoggedIn(new Browser(site.origin, [[NAME, token]])), true)
})

test('1,000 visitors with junk for cookies leave nothing behind and get no session (S-03, T25)', async (t) => {
  const store = spyStore(memoryStore())
  const site = await startAccounts(t, { store })
  await site.member()
  await site.auth.settled()
  store.calls.length = 0
  const junk = ['', 'x', 'a'.repeat(43), 'A'.repeat(44), '../../etc/passwd', '%00', '"'.repeat(9)]
  await times(1_000, async (index) => {
    const path = GET_PATHS[index % GET_PATHS.length] ?? '/'
    const value = junk[index % junk.length] ?? ''
    const cookie = [NAME, `${NAME}-device`, `${NAME}-pending`].map((name) => `${name}=${value}`).join('; ')
    const reply = await site.browser().get(path, index % 2 === 0 ? { cookie } : { ...PAGE, cookie })
    assert.ok(reply.status < 500, `${path}: ${reply.status}`)
    for (const line of reply.headers['set-cookie'] ?? []) assert.match(line, FORM_OR_GONE)
  })
  await site.auth.settled()
  const changes = store.calls.filter((name) => name === 'write' || name === 'remove')
  assert.deepEqual(changes, [])
})

/** What binds forms is no session, and what is no session is taken away. */
const FORM_OR_GONE = /^latchstring-form=|^latchstring(?:-\w+)?=; .*Max-Age=0/

const PREFETCHES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a link': {},
  'a prefetch': { 'sec-purpose': 'prefetch', purpose: 'prefetch', 'x-moz': 'prefetch' },
  'a prerendering': { 'sec-purpose': 'prefetch;prerender' },
  'an image': { 'sec-fetch-dest': 'image', 'sec-fetch-mode': 'no-cors', accept: 'image/avif,*/*' },
  'a page in a frame': { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate', ...PAGE },
}

for (const [name, headers] of Object.entries(PREFETCHES)) {
  test(`${name} logs nobody out, wherever it is (S-24, W-05, T29)`, async (t) => {
    const site = await startAccounts(t)
    const anna = await site.member()
    for (const method of ['GET', 'HEAD']) {
      for (const site of ['same-origin', 'same-site', 'cross-site', 'none']) {
        const reply = await anna.send('/logout', { method, headers: { 'sec-fetch-site': site, ...headers } })
        assert.equal(reply.status, 405, `${method} from ${site}`)
        assert.equal(reply.headers['clear-site-data'], undefined)
      }
    }
    assert.equal(await isLoggedIn(anna), true)
  })
}

/** Origins that look like this one, to somebody who compares badly. */
function lookAlikes(origin: string): readonly string[] {
  const { host, hostname, port } = new URL(origin)
  const [https, twice] = [origin.replace('http:', 'https:'), `${origin}, ${origin}`]
  return [
    ...[
      'null',
      'file://',
      'about:blank',
      'data:',
      'blob:',
      'http://',
      'https://',
      '//',
      '*',
      '0',
      'undefined',
    ],
    ...[https, https.toUpperCase(), origin.toUpperCase(), origin.replace('http', 'Http'), twice],
    ...['/', '/login', '?', '#', '.', ':', ':80', '0', '%00', '\\', '/..', ';', '@', '&', '|'].map(
      (end) => origin + end,
    ),
    ...[
      '.evil.example',
      '@evil.example',
      ':80@evil.example',
      '#.evil.example',
      '?.evil.example',
      '%2eevil.example',
    ].map((end) => origin + end),
    ...['evil.example', 'evil', 'app', 'sub.'].map((start) => `http://${start}${host}`),
    ...[`http://${hostname}`, `http://${hostname}:1`, `http://${hostname}:${Number(port) + 1}`],
    ...[
      `http://localhost:${port}`,
      `http://[::1]:${port}`,
      `http://127.1:${port}`,
      `http://2130706433:${port}`,
    ],
    ...[`http://0x7f000001:${port}`, `http://[::ffff:127.0.0.1]:${port}`, `http://127.0.0.1.nip.io:${port}`],
    ...[
      `ws://${host}`,
      `ftp://${host}`,
      `javascript://${host}`,
      `http:${host}`,
      `http:/${host}`,
      `http:\\\\${host}`,
    ],
    ...[
      host,
      `//${host}`,
      `https://evil.example/${origin}`,
      `https://evil.example#${origin}`,
      `http://a:b@${host}`,
    ],
  ]
}

test('no origin that looks like ours does anything, with a session or without (W-01, W-03, W-06, T44)', async (t) => {
  const site = await startAccounts(t)
  const anna = await site.member()
  const origins = lookAlikes(site.origin)
  assert.ok(origins.length >= 60)
  assert.deepEqual([...new Set(origins)], origins)
  for (const origin of origins) {
    for (const [browser, path, body] of attacksOf(site, anna)) {
      const reply = await browser.post(path, body, { origin })
      assert.deepEqual([reply.status, codeOf(reply)], [403, 'cross_origin'], `${path} from ${origin}`)
      assert.equal(reply.headers['set-cookie'], undefined)
    }
  }
  assert.equal(await isLoggedIn(anna), true)
  const own = await anna.post('/account/sessions/revoke-others', {}, { origin: site.origin })
  assert.deepEqual(json(own), { revoked: 0 })
})

function attacksOf(site: AccountSite, anna: Browser): readonly (readonly [Browser, string, object])[] {
  return [
    [site.browser(), '/login', ANNA],
    [site.browser(), '/signup', { ...ANNA, email: 'other@example.test', username: 'other' }],
    [anna, '/account/delete', {}],
  ]
}
