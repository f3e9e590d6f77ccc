import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Browser, Reply } from '../http/client.ts'
import { ANNA, isLoggedIn, PAGE, startAccounts } from './site.ts'

const FROM_PAGE = { ...PAGE, 'sec-fetch-site': 'same-origin' }

async function formToken(browser: Browser, path: string): Promise<string> {
  const { body } = await browser.get(path, PAGE)
  const [, token] = /name="formToken" value="([^"]+)"/.exec(body) ?? []
  assert.ok(token !== undefined, body)
  return token
}

function submit(browser: Browser, path: string, form: Record<string, string>): Promise<Reply> {
  return browser.send(path, { method: 'POST', headers: FROM_PAGE, form })
}

/** As a person does: opens the page, fills in the form, sends it. */
async function fillIn(
  browser: Browser,
  page: string,
  path: string,
  form: Record<string, string>,
): Promise<Reply> {
  return submit(browser, path, { ...form, formToken: await formToken(browser, page) })
}

test('a person signs up, logs out and logs in with the pages alone', async (t) => {
  const site = await startAccounts(t)
  const browser = site.browser()
  const signup = await fillIn(browser, '/signup', '/signup', { ...ANNA, username: '' })
  assert.deepEqual([signup.status, signup.headers.location], [303, '/account'])
  assert.match((await browser.get('/account', PAGE)).body, /anna@example\.test/)
  const logout = await fillIn(browser, '/account', '/logout', {})
  assert.deepEqual([logout.status, logout.headers.location], [303, '/?notice=loggedOut'])
  assert.equal(await isLoggedIn(browser), false)
  const form = { email: ANNA.email, password: ANNA.password, returnTo: '/account/sessions', remember: 'on' }
  const login = await fillIn(browser, '/login', '/login', form)
  assert.deepEqual([login.status, login.headers.location], [303, '/account/sessions'])
  assert.match(String(login.headers['set-cookie']), /latchstring=[^;]+;.*Max-Age=2592000/)
})

const BAD_TOKENS: Readonly<Record<string, (token: string) => string>> = {
  missing: () => '',
  cut: (token) => token.slice(0, -2),
  changed: (token) => `${token.startsWith('A') ? 'B' : 'A'}${token.slice(1)}`,
}

for (const [name, spoil] of Object.entries(BAD_TOKENS)) {
  test(`a form whose token is ${name} is refused and changes nothing (W-02, T43)`, async (t) => {
    const site = await startAccounts(t)
    const browser = await site.member()
    const token = spoil(await formToken(browser, '/account'))
    const refused = await submit(browser, '/logout', token === '' ? {} : { formToken: token })
    assert.equal(refused.status, 403)
    assert.equal(await isLoggedIn(browser), true)
  })
}

test('a form token of another session, and one from before the login, is refused (W-02, T43)', async (t) => {
  const site = await startAccounts(t)
  const visitor = site.browser()
  const beforeLogin = await formToken(visitor, '/login')
  const other = await formToken(await site.member(), '/account')
  const login = { email: ANNA.email, password: ANNA.password, formToken: beforeLogin }
  assert.equal((await submit(visitor, '/login', login)).status, 303)
  for (const token of [beforeLogin, other]) {
    assert.equal((await submit(visitor, '/logout', { formToken: token })).status, 403)
  }
  assert.equal(await isLoggedIn(visitor), true)
})

test('a form token in the query or planted by a cookie counts for nothing (W-02, T43)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  const token = await formToken(browser, '/account')
  assert.equal((await submit(browser, `/logout?formToken=${token}`, {})).status, 403)
  const planted = { ...FROM_PAGE, cookie: `${browser.cookie}; latchstring-form=${'a'.repeat(43)}` }
  const reply = await browser.send('/logout', { method: 'POST', headers: planted, form: {} })
  assert.equal(reply.status, 403)
})

test('two pages for one session have two tokens, and both work (W-02)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  const tokens = [await formToken(browser, '/account'), await formToken(browser, '/account')]
  assert.notEqual(tokens[0], tokens[1])
  const change = { newEmail: 'new@example.test', formToken: tokens[0] ?? '' }
  assert.equal((await submit(browser, '/account/email', change)).status, 303)
  assert.equal((await submit(browser, '/logout', { formToken: tokens[1] ?? '' })).status, 303)
})

test('nothing is done for another site, cookie or not (W-01, W-03)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  const stranger = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
  for (const [path, body] of [
    ['/signup', { ...ANNA, email: 'other@example.test' }],
    ['/login', ANNA],
    ['/logout', {}],
    ['/password/forgot', ANNA],
    ['/account/delete', {}],
  ] as const) {
    for (const client of [browser, site.browser()]) {
      const reply = await client.post(path, body, stranger)
      assert.equal(reply.status, 403, path)
      assert.equal(reply.headers['set-cookie'], undefined)
    }
  }
  assert.equal(await isLoggedIn(browser), true)
})

test('a refused form comes back with the reason and what was typed, and without the password', async (t) => {
  const site = await startAccounts(t)
  const form = { email: '"><b>anna', password: 'secret secret secret' }
  const refused = await fillIn(site.browser(), '/login', '/login', form)
  assert.equal(refused.status, 401)
  assert.match(refused.body, /role="alert"/)
  assert.match(refused.body, /value="&quot;&gt;&lt;b&gt;anna"/)
  assert.doesNotMatch(refused.body, /secret/)
})

test('pages speak the language that the browser asks for', async (t) => {
  const site = await startAccounts(t)
  for (const [language, tag] of [
    ['de-AT,de;q=0.9', 'de'],
    ['es', 'es'],
    ['zh-CN', 'zh-Hans'],
    ['fr', 'en'],
  ]) {
    const { body } = await site.browser().get('/login', { ...PAGE, 'accept-language': language ?? '' })
    assert.match(body, new RegExp(`<html lang="${tag}">`))
  }
})

test('only names of ours become notices on a page', async (t) => {
  const site = await startAccounts(t)
  assert.match((await site.browser().get('/login?notice=passwordReset', PAGE)).body, /role="status"/)
  for (const name of ['constructor', '__proto__', 'toString', '<b>', '']) {
    const { body } = await site.browser().get(`/login?notice=${encodeURIComponent(name)}`, PAGE)
    assert.doesNotMatch(body, /role="status"/)
  }
})

test('an application replaces texts, the stylesheet and whole pages', async (t) => {
  const pages = {
    texts: { en: { login: { title: 'Welcome back' } } },
    stylesheet: 'body { color: teal }',
    replace: { signup: () => '<!doctype html><title>Mine</title>' },
  }
  const site = await startAccounts(t, { account: { pages } })
  const { body } = await site.browser().get('/login', PAGE)
  assert.match(body, /<h1>Welcome back<\/h1>/)
  const [, path = ''] = /href="(\/latchstring-[0-9a-f]+\.css)"/.exec(body) ?? []
  assert.equal((await site.browser().get(path)).body, pages.stylesheet)
  const head = await site.browser().send(path, { method: 'HEAD' })
  assert.deepEqual([head.status, head.body], [200, ''])
  assert.equal((await site.browser().get('/signup', PAGE)).body, pages.replace.signup())
})

test('what has nothing for programs is a page for everybody', async (t) => {
  const site = await startAccounts(t)
  for (const path of ['/login', '/signup', '/password/forgot', '/email/verify?token=x']) {
    const reply = await site.browser().get(path, { accept: '*/*' })
    assert.match(String(reply.headers['content-type']), /^text\/html/, path)
  }
})
