import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answer, times } from '../http/client.ts'
import { ANNA, BERT, codeOf, isLoggedIn, logIn, PAGE, startAccounts } from './site.ts'

const NEW_PASSWORD = 'a quite different passphrase'
const ACCEPTED = { message: 'If there is an account with this address, a mail is on its way' }

test('a forgotten password is replaced by a mailed link, and every session ends (S-20, E-04)', async (t) => {
  const site = await startAccounts(t)
  const before = await site.member()
  const browser = site.browser()
  assert.deepEqual(answer(await browser.post('/password/forgot', { email: ANNA.email })), [202, ACCEPTED])
  const token = await site.mailedToken(ANNA.email)
  const reset = await browser.post('/password/reset', { token, newPassword: NEW_PASSWORD })
  assert.deepEqual(answer(reset), [200, { message: 'Password set' }])
  assert.equal(await isLoggedIn(before), false)
  assert.equal(await isLoggedIn(browser), false)
  assert.equal((await logIn(site.browser())).status, 401)
  assert.equal((await logIn(browser, { ...ANNA, password: NEW_PASSWORD })).status, 200)
  assert.ok((await site.user()).emailVerifiedAt !== null)
})

test('a request for an unknown or disabled account gets the same answer, and no mail (R-02, T59)', async (t) => {
  const site = await startAccounts(t)
  await site.member()
  await site.auth.disableUser((await site.user()).id)
  const sent = (await site.mails()).length
  for (const email of [ANNA.email, 'nobody@example.test', 'no address', '']) {
    assert.deepEqual(answer(await site.browser().post('/password/forgot', { email })), [202, ACCEPTED])
  }
  assert.equal((await site.mails()).length, sent)
})

test('opening the link any number of times changes nothing and logs nobody in (E-07, S-24, T63)', async (t) => {
  const site = await startAccounts(t)
  await site.member()
  await site.browser().post('/password/forgot', { email: ANNA.email })
  const token = await site.mailedToken(ANNA.email)
  for (const method of Array(10).fill(['GET', 'HEAD']).flat()) {
    const opened = await site.browser().send(`/password/reset?token=${token}`, { method, headers: PAGE })
    assert.equal(opened.status, 200)
    assert.equal(opened.headers['referrer-policy'], 'strict-origin')
  }
  const reset = await site.browser().post('/password/reset', { token, newPassword: NEW_PASSWORD })
  assert.equal(reset.status, 200)
})

test('a weak new password is refused and uses the link up no more than looking at it', async (t) => {
  const site = await startAccounts(t)
  await site.member()
  await site.browser().post('/password/forgot', { email: ANNA.email })
  const token = await site.mailedToken(ANNA.email)
  const weak = await site.browser().post('/password/reset', { token, newPassword: 'too short' })
  assert.deepEqual([weak.status, codeOf(weak)], [400, 'weak_password'])
  const reset = await site.browser().post('/password/reset', { token, newPassword: NEW_PASSWORD })
  assert.equal(reset.status, 200)
})

test('of 100 who use one link at once exactly one succeeds (E-02, T61)', async (t) => {
  const site = await startAccounts(t, { account: { passwords: { waiting: 200 } } })
  await site.member()
  await site.browser().post('/password/forgot', { email: ANNA.email })
  const token = await site.mailedToken(ANNA.email)
  const statuses = await times(100, async () => {
    const { status } = await site.browser().post('/password/reset', { token, newPassword: NEW_PASSWORD })
    return status
  })
  assert.equal(statuses.filter((status) => status === 200).length, 1)
  assert.ok(statuses.every((status) => [200, 400, 503].includes(status)))
})

const NOT_GOOD: Readonly<Record<string, (token: string) => string>> = {
  cut: (token) => token.slice(0, -1),
  'in another case': (token) => token.toLowerCase(),
  empty: () => '',
  'of another form': (token) => `${token}=`,
}

for (const [name, spoil] of Object.entries(NOT_GOOD)) {
  test(`a reset token that is ${name} is refused (T60)`, async (t) => {
    const site = await startAccounts(t)
    await site.member()
    await site.browser().post('/password/forgot', { email: ANNA.email })
    const token = spoil(await site.mailedToken(ANNA.email))
    const { status, body } = await site
      .browser()
      .post('/password/reset', { token, newPassword: NEW_PASSWORD })
    assert.deepEqual([status, JSON.parse(body).code], [400, 'invalid_token'])
  })
}

test('a reset token dies with its half hour, a newer one, and any change of the password (E-01, T60)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  const ask = async () => {
    await site.browser().post('/password/forgot', { email: ANNA.email })
    return site.mailedToken(ANNA.email)
  }
  const use = async (token: string) =>
    (await site.browser().post('/password/reset', { token, newPassword: NEW_PASSWORD })).status

  const [first, second] = [await ask(), await ask()]
  assert.equal(await use(first), 400)
  site.clock.advance(30 * 60_000)
  assert.equal(await use(second), 400)
  site.clock.advance(60 * 60_000)
  const third = await ask()
  const change = { currentPassword: ANNA.password, newPassword: 'yet another passphrase' }
  assert.equal((await browser.post('/account/password', change)).status, 200)
  assert.equal(await use(third), 400)
})

test('a token of one purpose is good for no other (E-01, S-25, T36, T60)', async (t) => {
  const site = await startAccounts(t)
  await site.member()
  const token = await site.mailedToken(ANNA.email)
  for (const [path, fields] of [
    ['/password/reset', { newPassword: NEW_PASSWORD }],
    ['/email/confirm', {}],
    ['/email/undo', {}],
    ['/account/not-me', {}],
  ] as const) {
    const { status } = await site.browser().post(path, { token, ...fields })
    assert.equal(status, 400, path)
  }
  assert.equal((await site.browser().post('/email/verify', { token })).status, 200)
})

test('a reset that a stranger begins shows them nothing and changes nothing (T36)', async (t) => {
  const site = await startAccounts(t)
  const stranger = await site.member(BERT)
  await site.member()
  await stranger.post('/password/forgot', { email: ANNA.email })
  const { body } = await stranger.get('/protected')
  assert.match(body, /bert/)
})

test('a reset token dies with a change of the address that is confirmed after it (E-01, T60)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  await browser.post('/account/email', { newEmail: 'new@example.test' })
  await site.browser().post('/password/forgot', { email: ANNA.email })
  const token = await site.mailedToken(ANNA.email)
  const confirmation = { token: await site.mailedToken('new@example.test') }
  assert.equal((await site.browser().post('/email/confirm', confirmation)).status, 200)
  const reset = await site.browser().post('/password/reset', { token, newPassword: NEW_PASSWORD })
  assert.deepEqual([reset.status, codeOf(reset)], [400, 'invalid_token'])
})

test('one client has ten mails an hour sent to whomever, and is told nothing of it (R-09, T69)', async (t) => {
  const site = await startAccounts(t)
  const addresses = Array.from({ length: 14 }, (_, index) => `person${index}@example.test`)
  for (const text of addresses) {
    const email = { text, key: text }
    await site.users.create({ email, username: null, passwordHash: null, createdAt: 0 })
  }
  for (const email of addresses) {
    const reply = await site.browser().post('/password/forgot', { email })
    assert.deepEqual(answer(reply), [202, ACCEPTED])
    await site.auth.settled()
  }
  assert.equal((await site.mails()).length, 10)
  site.clock.advance(60 * 60_000)
  await site.browser().post('/password/forgot', { email: addresses.at(-1) })
  assert.equal((await site.mails()).length, 11)
})

test('mails to one address are limited, and the answers stay the same (R-09, T69)', async (t) => {
  const site = await startAccounts(t)
  await site.member()
  const before = (await site.mails()).length
  for (let count = 0; count < 6; count++) {
    const reply = await site.browser().post('/password/forgot', { email: ANNA.email })
    assert.deepEqual(answer(reply), [202, ACCEPTED])
    await site.auth.settled()
  }
  // One of the three of this hour was the verification after signing up.
  assert.equal((await site.mails()).length - before, 2)
})

test('whoever reports a login that was not theirs ends every session and is mailed a reset', async (t) => {
  const site = await startAccounts(t)
  const owner = await site.member()
  const thief = site.browser()
  assert.equal((await logIn(thief)).status, 200)
  const token = await site.mailedToken(ANNA.email)
  assert.match((await site.mails()).at(-1)?.subject ?? '', /New login/)
  assert.deepEqual(answer(await site.browser().post('/account/not-me', { token })), [
    200,
    { message: 'Account secured' },
  ])
  assert.deepEqual([await isLoggedIn(owner), await isLoggedIn(thief)], [false, false])
  assert.equal((await logIn(thief)).status, 401)
  const reset = { token: await site.mailedToken(ANNA.email), newPassword: NEW_PASSWORD }
  assert.equal((await site.browser().post('/password/reset', reset)).status, 200)
  assert.equal((await logIn(owner, { ...ANNA, password: NEW_PASSWORD })).status, 200)
})

test('a reset is for the account that it was mailed to, whatever else is sent along (E-03, T60)', async (t) => {
  const site = await startAccounts(t)
  await site.member(BERT)
  await site.member()
  await site.browser().post('/password/forgot', { email: ANNA.email })
  const token = await site.mailedToken(ANNA.email)
  const reset = { token, newPassword: NEW_PASSWORD, email: BERT.email, userId: 1 }
  assert.equal((await site.browser().post('/password/reset', reset)).status, 200)
  assert.equal((await logIn(site.browser(), BERT)).status, 200)
  assert.equal((await logIn(site.browser(), { ...ANNA, password: NEW_PASSWORD })).status, 200)
})

test('password managers find the way to change a password, and nothing else there (P-12, T96)', async (t) => {
  const site = await startAccounts(t)
  const found = await site.browser().get('/.well-known/change-password')
  assert.deepEqual([found.status, found.headers.location], [302, '/account'])
  for (const path of [
    '/.well-known/change-password/',
    '/.well-known/anything',
    '/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200',
  ])
    assert.equal((await site.browser().get(path)).status, 404)
})

test('a reset ends the session of the browser that it is made in, too (S-20)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  await browser.post('/password/forgot', { email: ANNA.email })
  const token = await site.mailedToken(ANNA.email)
  assert.equal((await browser.post('/password/reset', { token, newPassword: NEW_PASSWORD })).status, 200)
  assert.equal(await isLoggedIn(browser), false)
})

const CHANGED_ELSEWHERE = {
  'whose credentials the application has changed': (version: number) => ({ credentialVersion: version + 1 }),
  'that the application has disabled': () => ({ disabledAt: 1 }),
}

for (const [name, changes] of Object.entries(CHANGED_ELSEWHERE)) {
  test(`a reset token of an account ${name} by itself is refused (E-01, S-21)`, async (t) => {
    const site = await startAccounts(t)
    await site.member()
    await site.browser().post('/password/forgot', { email: ANNA.email })
    const token = await site.mailedToken(ANNA.email)
    const { id, credentialVersion } = await site.user()
    await site.users.update(id, credentialVersion, changes(credentialVersion))
    const reset = await site.browser().post('/password/reset', { token, newPassword: NEW_PASSWORD })
    assert.deepEqual([reset.status, codeOf(reset)], [400, 'invalid_token'])
  })
}

test('a change of the password makes the link worthless that still waits to prove the address (S-20)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  const token = await site.mailedToken(ANNA.email)
  const change = { currentPassword: ANNA.password, newPassword: NEW_PASSWORD }
  assert.equal((await browser.post('/account/password', change)).status, 200)
  assert.equal(codeOf(await browser.post('/email/verify', { token })), 'invalid_token')
})
