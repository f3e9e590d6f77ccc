import assert from 'node:assert/strict'
import { test } from 'node:test'
import { safeReturnPath } from '../../src/http/returnPath.ts'
import { type Browser, send } from '../http/client.ts'
import { ANNA, PAGE, startAccounts } from './site.ts'

const BASE_URL = 'https://app.example.test'

/** What browsers, proxies and parsers have been taken in by. */
const CORPUS: readonly string[] = [
  ...[
    '//evil.example',
    '///evil.example',
    '////evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '\\/evil.example',
  ],
  ...['/\\/evil.example', '/\\\\evil.example', '//evil.example/%2f..', '//evil.example\\@app.example.test'],
  ...[
    '/\t/evil.example',
    '/\n/evil.example',
    '/\r/evil.example',
    '\t//evil.example',
    ' //evil.example',
    '/\0/evil.example',
  ],
  ...[
    '/%09/evil.example',
    '/%0a/evil.example',
    '/%0d/evil.example',
    '/%2f/evil.example',
    '/%5c/evil.example',
    '/%5Cevil.example',
  ],
  ...[
    '%2f%2fevil.example',
    '%2F%2Fevil.example',
    '/%2f%2fevil.example',
    '/.//evil.example',
    '/..//evil.example',
  ],
  ...[
    '/./\\evil.example',
    '/a/..//evil.example',
    '/%2e//evil.example',
    '/%2e%2e//evil.example',
    '/;/evil.example',
    '/;@evil.example',
  ],
  ...[
    'https:evil.example',
    'https:/evil.example',
    'https://evil.example',
    'https:\\\\evil.example',
    'http:evil.example',
  ],
  ...[
    'HTTPS://EVIL.EXAMPLE',
    'https://app.example.test@evil.example',
    'https://app.example.test.evil.example',
    'https://evil.example#app.example.test',
  ],
  ...[
    'https://evil.example?https://app.example.test/',
    'http://app.invalid/',
    'http://app.invalid@evil.example',
    '@evil.example',
  ],
  ...[
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'java\tscript:alert(1)',
    '/javascript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
  ],
  ...[
    'file:///etc/passwd',
    'blob:https://evil.example/x',
    'ftp://evil.example',
    'evil.example',
    '.evil.example',
    ':evil.example',
  ],
  ...[
    '/account\r\nSet-Cookie: a=b',
    '/account%0d%0aSet-Cookie:a=b',
    '/account\r\n\r\n<script>',
    '/account%00',
    '/\u2028/evil.example',
  ],
  ...[
    '\u3000//evil.example',
    '/\uff0fevil.example',
    '/\u2215/evil.example',
    '\uff0f\uff0fevil.example',
    '//\u0435vil.example',
    '/.\u2024/evil',
  ],
  ...[
    '//[::1]',
    '//127.1',
    '//0x7f000001',
    '//2130706433',
    '//evil%E3%80%82example',
    `/${'a'.repeat(10_240)}`,
    '',
    '?',
    '#',
    '..',
    '.',
  ],
]

/** Where a browser that was at this site goes by a Location header. */
function destinationOf(location: string | undefined): URL {
  assert.ok(location !== undefined)
  return new URL(location, `${BASE_URL}/login`)
}

function assertOwn(location: string | undefined, given: string): void {
  const { origin, username, password, pathname } = destinationOf(location)
  assert.equal(origin, BASE_URL, given)
  assert.deepEqual([username, password], ['', ''], given)
  // What is decoded once more on the way is still a path of this site.
  assert.doesNotMatch(decodeURIComponent(pathname), /^\/[/\\]|[\p{Cc}\\]/u, given)
}

/** Each way to log in takes its share, as every try costs a hash. */
function share(part: number): string[] {
  return CORPUS.filter((_, index) => index % 4 === part)
}

function submit(browser: Browser, path: string, form: Readonly<Record<string, string>>) {
  return browser.send(path, { method: 'POST', headers: PAGE, form })
}

test('a login leads to a page of this site, whatever it was asked for with (W-09, T45)', async (t) => {
  const site = await startAccounts(t)
  await site.member()
  for (const returnTo of share(0)) {
    const login = { email: ANNA.email, password: ANNA.password, returnTo }
    const { status, headers } = await submit(site.browser(), '/login', login)
    assert.equal(status, 303)
    assert.equal(headers['x-injected'], undefined)
    assertOwn(headers.location, returnTo)
  }
})

test('a sign-up leads to a page of this site, whatever it was asked for with (W-09, T45)', async (t) => {
  const site = await startAccounts(t)
  for (const [index, returnTo] of share(3).entries()) {
    const signUp = { email: `person${index}@example.test`, password: ANNA.password, returnTo }
    const { status, headers } = await submit(site.browser(), '/signup', signUp)
    assert.equal(status, 303)
    assertOwn(headers.location, returnTo)
  }
})

test('whoever has to sign up first, or has an account after all, gets to where they wanted to go (W-09)', async (t) => {
  const browser = (await startAccounts(t)).browser()
  const path = '/reports?year=2026&of="anna"'
  const query = `?returnTo=${encodeURIComponent(safeReturnPath(path, '/'))}`
  const login = await browser.get(`/login${query}`, PAGE)
  assert.ok(login.body.includes(`<a href="/signup${query}">`), login.body)
  const signup = await browser.get(`/signup${query}`, PAGE)
  assert.ok(signup.body.includes(`<a href="/login${query}">`), signup.body)
  const returnTo = safeReturnPath(path, '/')
  const weak = await submit(browser, '/signup', { email: ANNA.email, password: 'weak', returnTo })
  assert.ok(weak.body.includes('name="returnTo" value="/reports?year=2026&amp;of=%22anna%22"'), weak.body)
  const done = await submit(browser, '/signup', { email: ANNA.email, password: ANNA.password, returnTo })
  assert.equal(done.headers.location, '/reports?year=2026&of=%22anna%22')
})

test('neither a log-out nor a mailed link leads anywhere but to a page of this site (W-09, T45)', async (t) => {
  const site = await startAccounts(t, { account: { passwords: { waiting: 100 } } })
  await site.member()
  const token = await site.mailedToken(ANNA.email)
  for (const returnTo of CORPUS) {
    const query = `?returnTo=${encodeURIComponent(returnTo)}`
    const gone = await submit(site.browser(), `/logout${query}`, { returnTo })
    assert.equal(gone.status, 303)
    assertOwn(gone.headers.location, returnTo)
    const forgot = { returnTo, email: 'nobody@example.test' }
    const told = await submit(site.browser(), `/password/forgot${query}`, forgot)
    assert.deepEqual([told.status, told.headers.location], [202, undefined])
    assert.match(told.body, /href="\/login"/)
  }
  const proof = await submit(site.browser(), '/email/verify?returnTo=//evil.example', {
    token,
    returnTo: '//evil.example',
  })
  await site.browser().post('/password/forgot', { email: ANNA.email })
  const reset = await submit(site.browser(), '/password/reset?returnTo=//evil.example', {
    token: await site.mailedToken(ANNA.email),
    newPassword: 'a quite different passphrase',
    returnTo: '//evil.example',
  })
  for (const { status, headers } of [proof, reset]) {
    assert.equal(status, 303)
    assertOwn(headers.location, '//evil.example')
  }
})

test('proving again who one is leads to a page of this site, whatever it was asked for with (W-09, T45)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  for (const returnTo of share(1)) {
    const { status, headers } = await submit(browser, '/account/reauthenticate', {
      password: ANNA.password,
      returnTo,
    })
    assert.equal(status, 303)
    assertOwn(headers.location, returnTo)
  }
})

test('an address with a way back leads to no other site, from whatever page (W-09, T45)', async (t) => {
  const site = await startAccounts(t)
  const anna = await site.member()
  for (const returnTo of CORPUS) {
    const query = `?returnTo=${encodeURIComponent(returnTo)}&returnTo=//evil.example`
    for (const path of ['/login', '/signup']) {
      const { status, headers } = await anna.get(path + query, PAGE)
      assert.equal(status, 303)
      assertOwn(headers.location, returnTo)
    }
    for (const [browser, path] of [
      [site.browser(), '/login'],
      [anna, '/account/reauthenticate'],
    ] as const) {
      const { body } = await browser.get(path + query, PAGE)
      const [, kept = '/account'] = /name="returnTo" value="([^"]*)"/.exec(body) ?? []
      assertOwn(kept.replaceAll('&amp;', '&').replaceAll('&#39;', "'"), returnTo)
    }
  }
})

test('a guard sends browsers to the login page of this site, whatever the target (W-09, T45)', async (t) => {
  const { origin } = await startAccounts(t)
  for (const target of [
    '/protected',
    '/protected?//evil.example',
    '/protected/',
    '/Protected',
    'http://evil.example/protected',
  ]) {
    const { status, headers } = await send(origin, target, { headers: PAGE })
    assert.equal(status, 303, target)
    assertOwn(headers.location, target)
    const returnTo = destinationOf(headers.location).searchParams.get('returnTo') ?? '/'
    assert.match(returnTo, /^\/(?![/\\])/, target)
  }
})

test('JSON leads nowhere, and a way back that is no text is none (W-09, T45)', async (t) => {
  const site = await startAccounts(t)
  await site.member()
  for (const returnTo of [['/account', '//evil.example'], { 0: '/' }, 42, null, true]) {
    const { status, headers, body } = await site.browser().post('/login', { ...ANNA, returnTo })
    assert.deepEqual([status, headers.location], [200, undefined])
    assert.doesNotMatch(body, /evil/)
  }
})
