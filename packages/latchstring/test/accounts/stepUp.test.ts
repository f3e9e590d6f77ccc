import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Row } from '../../src/core/types.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { answer } from '../http/client.ts'
import { spyStore } from '../support.ts'
import { ANNA, BERT, codeOf, isLoggedIn, logIn, PAGE, startAccounts } from './site.ts'

const TEN_MINUTES = 10 * 60_000
const NEW_PASSWORD = 'a quite different passphrase'

test('a new password ends every other session and renews this one (S-20, P-10)', async (t) => {
  const site = await startAccounts(t)
  const [browser, other] = [await site.member(), site.browser()]
  await logIn(other)
  const before = browser.copy()
  const change = { currentPassword: ANNA.password, newPassword: NEW_PASSWORD }
  assert.deepEqual(answer(await browser.post('/account/password', change)), [
    200,
    { message: 'Password changed' },
  ])
  assert.deepEqual(
    [await isLoggedIn(browser), await isLoggedIn(other), await isLoggedIn(before)],
    [true, false, false],
  )
  assert.equal((await logIn(site.browser())).status, 401)
  assert.equal((await logIn(site.browser(), { ...ANNA, password: NEW_PASSWORD })).status, 200)
  assert.match(
    (await site.mails()).find(({ subject }) => /password/.test(subject))?.text ?? '',
    /not-me\?token=/,
  )
})

test('without the current password nothing changes, and the 11th guess is not looked at (P-10)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  const guess = { currentPassword: 'wrong wrong wrong', newPassword: NEW_PASSWORD }
  for (let tries = 0; tries < 10; tries++) {
    const refused = await browser.post('/account/password', guess)
    assert.deepEqual([refused.status, codeOf(refused)], [403, 'wrong_password'])
  }
  const right = { currentPassword: ANNA.password, newPassword: NEW_PASSWORD }
  assert.equal((await browser.post('/account/password', right)).status, 429)
  assert.equal((await logIn(site.browser())).status, 200)
})

test('the new password must be another one, and a good one (P-01, P-06, P-10)', async (t) => {
  const browser = await (await startAccounts(t)).member()
  for (const newPassword of [ANNA.password, 'short', ANNA.email, 'passwordpassword']) {
    const refused = await browser.post('/account/password', { currentPassword: ANNA.password, newPassword })
    assert.deepEqual([refused.status, codeOf(refused)], [400, 'weak_password'], newPassword)
  }
})

test('what could take an account away asks for a recent login, and only authenticating counts as one (S-23, T37, T38)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  site.clock.advance(TEN_MINUTES)
  await browser.get('/protected')
  for (const path of ['/account/email', '/account/delete', '/account/sessions/revoke-others']) {
    const refused = await browser.post(path, { newEmail: 'x@example.test' })
    assert.deepEqual([refused.status, codeOf(refused)], [401, 'insufficient_user_authentication'], path)
  }
  const before = browser.copy()
  assert.equal((await browser.post('/account/reauthenticate', { password: ANNA.password })).status, 200)
  assert.equal(await isLoggedIn(before), false)
  assert.equal((await browser.post('/account/sessions/revoke-others')).status, 200)
})

test('a program is told that it takes a login, how recent, and by no page (S-23, T41)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  site.clock.advance(TEN_MINUTES)
  for (const path of ['/account/email', '/account/delete', '/account/sessions/revoke-all']) {
    const { status, headers } = await browser.post(path, { newEmail: 'x@example.test' })
    assert.equal(status, 401)
    assert.match(String(headers['www-authenticate']), /\berror="insufficient_user_authentication"/)
    assert.match(String(headers['www-authenticate']), /\bmax_age="?600"?\b/)
    assert.match(String(headers['content-type']), /^application\/json/)
  }
})

test('another user’s password lifts nobody’s session (T37)', async (t) => {
  const site = await startAccounts(t)
  await site.member({ ...BERT, password: 'only bert has this passphrase' })
  const browser = await site.member()
  site.clock.advance(TEN_MINUTES)
  const wrong = { password: 'only bert has this passphrase', email: BERT.email, userId: 1 }
  assert.equal((await browser.post('/account/reauthenticate', wrong)).status, 401)
  assert.equal((await browser.post('/account/delete')).status, 401)
})

test('a clock that is set back makes no authentication recent, and one that is a little slow none old (T38, T94)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  const loggedInAt = site.clock()
  const answers = []
  for (const behind of [TEN_MINUTES / 2, TEN_MINUTES, 6 * TEN_MINUTES]) {
    site.clock.set(loggedInAt - behind)
    answers.push((await browser.post('/account/sessions/revoke-others')).status)
  }
  assert.deepEqual(answers, [200, 401, 401])
})

test('confirming a new address is no authentication (T38)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  await browser.post('/account/email', { newEmail: 'new@example.test' })
  site.clock.advance(TEN_MINUTES)
  await browser.post('/email/confirm', { token: await site.mailedToken('new@example.test') })
  assert.equal(await isLoggedIn(browser), true)
  assert.equal((await browser.post('/account/delete')).status, 401)
})

test('a browser is led to the page that asks for the password, and back', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  site.clock.advance(TEN_MINUTES)
  const away = await browser.get('/account/delete', PAGE)
  assert.equal(away.status, 303)
  assert.equal(away.headers.location, '/account/reauthenticate?returnTo=%2Faccount%2Fdelete')
  const page = await browser.get(away.headers.location ?? '', PAGE)
  assert.match(page.body, /name="returnTo" value="\/account\/delete"/)
})

test('a deleted account is gone with all its sessions, and its address is free (S-21, T39)', async (t) => {
  const site = await startAccounts(t)
  const [browser, other] = [await site.member(), site.browser()]
  await logIn(other)
  assert.deepEqual(answer(await browser.post('/account/delete')), [200, { message: 'Account deleted' }])
  assert.deepEqual([await isLoggedIn(browser), await isLoggedIn(other)], [false, false])
  assert.equal((await logIn(site.browser())).status, 401)
  assert.equal((await site.browser().post('/signup', ANNA)).status, 201)
  assert.equal(await isLoggedIn(other), false)
})

test('a disabled user is out at once, and enabling brings no session back (S-21, T39)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  const { id } = await site.user()
  assert.equal(await site.auth.disableUser(id), true)
  assert.equal(await isLoggedIn(browser), false)
  assert.equal((await logIn(site.browser())).status, 401)
  assert.equal(await site.auth.enableUser(id), true)
  assert.equal(await isLoggedIn(browser), false)
  assert.equal((await logIn(site.browser())).status, 200)
  assert.equal(await site.auth.disableUser(77), false)
})

test('nobody is led to the page for the password who needs another method', async (t) => {
  const site = await startAccounts(t, {
    addRoutes: (app, { auth }) => {
      for (const method of ['password', 'passkey'])
        app.get(`/by-${method}`, auth.requireRecent({ within: '1m', method }), (_, res) => void res.json({}))
    },
  })
  const browser = await site.member()
  site.clock.advance(60_000)
  assert.equal((await browser.get('/by-password', PAGE)).status, 303)
  const refused = await browser.get('/by-passkey', PAGE)
  assert.deepEqual([refused.status, codeOf(refused)], [401, 'insufficient_user_authentication'])
})

test('what asks for a recent login asks the store past its cache, too (S-23)', async (t) => {
  const memory = memoryStore()
  const seen = new Map<string, Row | null>()
  const read = async (key: string) => {
    if (!seen.has(key)) seen.set(key, await memory.read(key))
    return seen.get(key) ?? null
  }
  const store = Object.assign(spyStore(memory, { read }), { readFresh: memory.read.bind(memory) })
  const site = await startAccounts(t, { store })
  const browser = await site.member()
  const { id } = await site.user()
  assert.equal(await isLoggedIn(browser), true)
  for (const { key } of await memory.list(String(id))) await memory.remove([key])
  assert.equal(await isLoggedIn(browser), true, 'the cache is not stuck')
  assert.equal((await browser.post('/account/delete')).status, 401)
  assert.notEqual(await site.users.find(id), null)
})
