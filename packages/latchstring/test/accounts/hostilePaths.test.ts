import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchRoute } from '../../src/routes/router.ts'
import { ROUTES } from '../../src/routes/table.ts'
import { rawRequest } from '../../src/testing/client.ts'
import { type AccountSite, ANNA, isLoggedIn, logIn, startAccounts } from './site.ts'

interface RawAnswer {
  readonly status: number
  readonly body: string
}

interface RawRequest {
  readonly method: string
  /** One character for each byte. */
  readonly target: string
  readonly cookie?: string
  readonly body?: string
}

function textOf({ method, target, cookie, body }: RawRequest, isLast: boolean): string {
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: a']
  if (cookie !== undefined) lines.push(`Cookie: ${cookie}`)
  if (body !== undefined) lines.push('Content-Type: application/json', `Content-Length: ${body.length}`)
  if (isLast) lines.push('Connection: close')
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
}

/** Sends all over one connection, without waiting for one answer before the next request. */
async function pipeline(origin: string, requests: readonly RawRequest[]): Promise<RawAnswer[]> {
  const bytes = requests.map((request, index) => textOf(request, index === requests.length - 1)).join('')
  const texts = (await rawRequest(Number(new URL(origin).port), bytes)).split(/(?=HTTP\/1\.1 \d{3} )/)
  // What Node's parser refuses takes the answers before it along, and would look like a refusal of ours.
  assert.equal(texts.length, requests.length)
  return texts.map((text) => ({
    status: Number(text.slice(9, 12)),
    body: text.slice(text.indexOf('\r\n\r\n')),
  }))
}

const ENCODED: readonly ((hex: string) => string)[] = [
  (hex) => `%${hex}`,
  (hex) => `%${hex.toUpperCase()}`,
  (hex) => `%25${hex}`,
  (hex) => `%u00${hex}`,
]

function hexOf(character: string): string {
  return character.charCodeAt(0).toString(16)
}

/** Between two segments, in the place of the slash. */
const JOINTS: readonly string[] = [
  ...['//', '///', '/./', '/.//', '/a/../', '/%2e/', '/%2E/', '/a/%2e%2e/', '/a/..%2f', '/;/', '/;x/', ';x/'],
  ...[';/', '/;jsessionid=1/', '%2f', '%2F', '/%2f', '%2f/', '%252f', '%5c', '\\', '/\\', '\\/', '/..;/'],
  ...['%c0%af', '%e0%80%af', '%ef%bc%8f', '/%09', '/%20', '/%00/', '/%85', '/%0d%0a'],
]

const ENDS: readonly string[] = [
  ...[
    '/',
    '//',
    '/.',
    '/..',
    '/./',
    '.',
    '..',
    ';',
    ';x',
    ';x=y',
    ';/',
    '/;',
    '%20',
    '+',
    '%09',
    '%0a',
    '%00',
  ],
  ...['%23', '%3f', '%2f', '%2F', '%5c', '\\', '.json', '.html', '.css', '~', '!', '*', "'", '%', '%zz', '&'],
  ...[
    '%85',
    '%a0',
    '%ff',
    '%c2%a0',
    '%e2%80%a8',
    '%ef%bb%bf',
    '/index.html',
    '/*',
    '/x/..',
    '/%2e',
    '/..;/',
    '#',
  ],
]

const STARTS: readonly string[] = [
  ...['/', '//', '/.', '/./', '/..', '/../', '/%2e', '/%2e/', '/%2e%2e', '/;', '/;x', '/a/..', '/a/%2e%2e'],
  ...[
    '/%2f',
    'http://evil.example',
    'https://evil.example:443',
    'http://a',
    'http://localhost',
    'HTTP://A',
    '//a',
  ],
]

/** Other spellings that somebody on the way might take for this path. */
function spellingsOf(path: string): string[] {
  const places = (pattern: RegExp) => [...path.matchAll(pattern)].map(({ index }) => index)
  const spliced = (index: number, text: string) => path.slice(0, index) + text + path.slice(index + 1)
  const letters = places(/[a-z]/g)
  const spellings = [
    ...STARTS.map((start) => start + path),
    ...ENDS.map((end) => path + end),
    ...places(/\//g).flatMap((index) => JOINTS.map((joint) => spliced(index, joint))),
    ...letters.flatMap((index) => ENCODED.map((encode) => spliced(index, encode(hexOf(path.charAt(index)))))),
    ...letters.map((index) => spliced(index, path.charAt(index).toUpperCase())),
    path.toUpperCase(),
    path.replace(/[a-z]/g, (letter) => `%${hexOf(letter)}`),
  ]
  return spellings.filter((spelling) => /^(\/|https?:)/i.test(spelling))
}

/** Paths that answer visitors and users differently, and one of the application's own. */
const GUARDED: readonly string[] = [...Object.keys(ROUTES), '/protected']
  .filter((path) => path.startsWith('/account') || path === '/email/verify/resend' || path === '/protected')
  .filter((path) => path !== '/account/not-me')

test('no other spelling of a path is that path to the router (W-12, T47)', (t) => {
  let count = 0
  for (const [path, route] of Object.entries(ROUTES)) {
    for (const spelling of spellingsOf(path.replace(':id', 'k3JhZmZpdGk'))) {
      for (const method of ['GET', 'HEAD', 'POST'] as const) {
        const match = matchRoute(ROUTES, method, spelling)
        // Another id is another session, behind the same guard.
        const isGuarded = match?.kind === 'found' && path.includes(':id') && match.handler === route.POST
        assert.ok(match === null || match.kind === 'method_not_allowed' || isGuarded, `${method} ${spelling}`)
        count++
      }
    }
  }
  t.diagnostic(`${count} spellings`)
})

test('nor is one of five thousand that are changed twice (W-12, T47)', () => {
  for (const [path, route] of Object.entries(ROUTES)) {
    const own = path.replace(':id', 'k3JhZmZpdGk')
    const spellings = spellingsOf(own)
    const twice = spellings
      .flatMap((spelling) => spellingsOf(spelling))
      .filter((spelling) => spelling !== own)
    // As many of them, from everywhere in the list.
    const step = Math.max(1, Math.floor(twice.length / 5_000))
    for (const spelling of twice.filter((_, index) => index % step === 0)) {
      const match = matchRoute(ROUTES, 'POST', spelling)
      const isGuarded = match?.kind === 'found' && path.includes(':id') && match.handler === route.POST
      assert.ok(match === null || match.kind === 'method_not_allowed' || isGuarded, spelling)
    }
  }
})

const REFUSED: ReadonlySet<number> = new Set([400, 401, 403, 404, 405])

/** Every path is sent its share: their guards are alike. */
const SHARE = 5

for (const [offset, path] of GUARDED.entries()) {
  test(`no other spelling of ${path} gets past its guard (W-12, T47)`, async (t) => {
    const site = await startAccounts(t)
    const anna = await site.member()
    const spellings = spellingsOf(path.replace(':id', await sessionIdOf(site)))
    const targets = spellings.filter((_, index) => index % SHARE === offset % SHARE)
    for (const method of ['GET', 'POST']) {
      const body = method === 'POST' ? { body: '{}' } : {}
      const requests = targets.map((target) => ({ method, target, ...body }))
      for (const [index, answer] of (await pipeline(site.origin, requests)).entries()) {
        assert.ok(REFUSED.has(answer.status), `${method} ${targets[index]}: ${answer.status}`)
        assert.ok(!answer.body.includes(ANNA.email), `${method} ${targets[index]}`)
      }
    }
    assert.equal(await isLoggedIn(anna), true)
  })
}

async function sessionIdOf({ auth, user }: AccountSite): Promise<string> {
  const [session] = await auth.sessions.list((await user()).id)
  return session?.id ?? ''
}

test('no spelling spares an old session the password (W-12, S-23, T47)', async (t) => {
  const site = await startAccounts(t)
  const [anna, other] = [await site.member(), site.browser()]
  await logIn(other)
  site.clock.advance(10 * 60_000)
  for (const path of ['/account/delete', '/account/sessions/revoke-others', '/account/sessions/revoke-all']) {
    const targets = [path, ...spellingsOf(path)]
    const request = { method: 'POST', cookie: anna.cookie, body: '{}' }
    const requests = targets.map((target) => ({ ...request, target }))
    for (const { status } of await pipeline(site.origin, requests)) assert.ok(REFUSED.has(status))
  }
  assert.deepEqual([await isLoggedIn(anna), await isLoggedIn(other)], [true, true])
})

test('no spelling of /login gets round its limit (W-12, R-05, T47)', async (t) => {
  const site = await startAccounts(t)
  await site.member()
  for (let tries = 0; tries < 10; tries++)
    await logIn(site.browser(), { ...ANNA, password: 'wrong wrong wrong' })
  const targets = ['/login', '/login?x', ...spellingsOf('/login')]
  const body = JSON.stringify(ANNA)
  const requests = targets.map((target) => ({ method: 'POST', target, body }))
  for (const [index, { status }] of (await pipeline(site.origin, requests)).entries())
    assert.ok(status === 404 || status === 429, `${targets[index]}: ${status}`)
})

test('a target that is no path of this site leads to nothing of ours (W-12, T46, T47)', async (t) => {
  const { origin } = await startAccounts(t)
  const targets = [
    '/account#x',
    '/account?x=/login',
    '/login/../account',
    '/%2e%2e/account',
    'http://evil.example/account',
  ]
  const requests = [
    ...targets.map((target) => ({ method: 'GET', target })),
    { method: 'OPTIONS', target: '*' },
  ]
  for (const { status } of await pipeline(origin, requests)) assert.ok(REFUSED.has(status), String(status))
})
