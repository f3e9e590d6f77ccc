import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseEmail } from '../../src/auth/identifiers.ts'
import { answer, times } from '../http/client.ts'
import { ANNA, BERT, codeOf, isLoggedIn, logIn, PAGE, startAccounts } from './site.ts'

const NEW_EMAIL = 'anna.new@example.test'

test('an address is proved by the link that is mailed after signing up', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  assert.equal((await site.user()).emailVerifiedAt, null)
  const token = await site.mailedToken(ANNA.email)
  assert.equal((await browser.post('/email/verify', { token })).status, 200)
  assert.ok((await site.user()).emailVerifiedAt !== null)
  assert.equal(await isLoggedIn(browser), true)
  assert.equal(codeOf(await browser.post('/email/verify', { token })), 'invalid_token')
})

test('whoever signed up with an address before its owner proved it is logged out by the proof (E-10, T68)', async (t) => {
  const site = await startAccounts(t)
  const attacker = await site.member()
  const owner = site.browser()
  assert.equal((await owner.post('/email/verify', { token: await site.mailedToken(ANNA.email) })).status, 200)
  assert.equal(await isLoggedIn(attacker), false)
})

test('who proves an address by a reset leaves nothing to whoever signed up with it (E-10, T68)', async (t) => {
  const site = await startAccounts(t)
  const attacker = await site.member()
  await attacker.post('/account/email', { newEmail: 'attacker@example.test' })
  const waiting = await site.mailedToken('attacker@example.test')
  const owner = site.browser()
  await owner.post('/password/forgot', { email: ANNA.email })
  const reset = { token: await site.mailedToken(ANNA.email), newPassword: 'the passphrase of the owner' }
  assert.equal((await owner.post('/password/reset', reset)).status, 200)
  assert.equal(await isLoggedIn(attacker), false)
  assert.equal((await logIn(attacker)).status, 401)
  assert.equal((await attacker.post('/email/confirm', { token: waiting })).status, 400)
  assert.equal((await site.user()).email, ANNA.email)
})

test('an address changes when the new one is proved, and the old one is told before and after (E-08)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  const other = site.browser()
  await logIn(other)
  const requested = await browser.post('/account/email', { newEmail: NEW_EMAIL })
  assert.deepEqual(answer(requested), [202, { message: 'Check the mail of the new address' }])
  assert.equal((await site.user()).email, ANNA.email)
  const token = await site.mailedToken(NEW_EMAIL)
  assert.match(
    (await site.mails()).findLast(({ to }) => to === ANNA.email)?.subject ?? '',
    /A new email address/,
  )

  assert.equal((await browser.post('/email/confirm', { token })).status, 200)
  assert.equal((await site.user({ ...ANNA, email: NEW_EMAIL })).emailVerifiedAt, site.clock())
  assert.match((await site.mails()).at(-1)?.subject ?? '', /was changed/)
  assert.equal((await site.mails()).at(-1)?.to, ANNA.email)
  assert.deepEqual([await isLoggedIn(browser), await isLoggedIn(other)], [true, false])
  assert.equal((await logIn(site.browser(), { ...ANNA, email: NEW_EMAIL })).status, 200)
  assert.equal((await logIn(site.browser())).status, 401)
})

test('an address with a slip in it never becomes the one of the account (E-08, T67)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  await browser.post('/account/email', { newEmail: 'anna@exmaple.test' })
  await site.mails()
  await site.browser().post('/password/forgot', { email: 'anna@exmaple.test' })
  const mails = await site.mails()
  assert.equal(
    mails.filter(({ to, subject }) => to === 'anna@exmaple.test' && /password/.test(subject)).length,
    0,
  )
  assert.equal((await site.user()).email, ANNA.email)
})

test('of two changes at once each token stands for its own address (E-09, T66)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  await Promise.all(
    ['attacker@example.test', 'victim@example.test'].map((newEmail) =>
      browser.post('/account/email', { newEmail }),
    ),
  )
  const token = await site.mailedToken('attacker@example.test')
  await browser.post('/email/confirm', { token })
  assert.equal(await site.users.findByEmail('victim@example.test'), null)
})

test('the old address takes the account back, whatever was changed since (E-08, T67)', async (t) => {
  const site = await startAccounts(t)
  const thief = await site.member()
  await thief.post('/account/email', { newEmail: NEW_EMAIL })
  await thief.post('/email/confirm', { token: await site.mailedToken(NEW_EMAIL) })
  const undo = await site.mailedToken(ANNA.email)
  await thief.post('/account/email', { newEmail: 'thief@example.test' })
  await thief.post('/email/confirm', { token: await site.mailedToken('thief@example.test') })
  const change = { currentPassword: ANNA.password, newPassword: 'the passphrase of the thief' }
  assert.equal((await thief.post('/account/password', change)).status, 200)

  assert.equal((await site.browser().post('/email/undo', { token: undo })).status, 200)
  assert.equal((await site.user()).email, ANNA.email)
  assert.equal(await isLoggedIn(thief), false)
  assert.equal((await logIn(thief, { ...ANNA, password: change.newPassword })).status, 401)
  const reset = { token: await site.mailedToken(ANNA.email), newPassword: 'the passphrase of the owner' }
  assert.equal((await site.browser().post('/password/reset', reset)).status, 200)
})

test('nobody learns from a change whether an address has an account (R-04)', async (t) => {
  const site = await startAccounts(t)
  await site.member(BERT)
  const browser = await site.member()
  const free = await browser.post('/account/email', { newEmail: 'free@example.test' })
  const taken = await browser.post('/account/email', { newEmail: BERT.email })
  assert.deepEqual(answer(free), answer(taken))
  const mails = (await site.mails()).filter(
    ({ to, subject }) => to === BERT.email && /Confirm your new/.test(subject),
  )
  assert.equal(mails.length, 0)
})

test('an address that somebody took meanwhile is not confirmed', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  await browser.post('/account/email', { newEmail: NEW_EMAIL })
  const token = await site.mailedToken(NEW_EMAIL)
  await site.member({ email: NEW_EMAIL, password: ANNA.password })
  assert.equal(codeOf(await browser.post('/email/confirm', { token })), 'invalid_token')
  assert.equal((await site.user()).email, ANNA.email)
})

test('a change of address asks for a recent login (S-23, T37)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  site.clock.advance(10 * 60_000)
  const refused = await browser.post('/account/email', { newEmail: NEW_EMAIL })
  assert.deepEqual([refused.status, codeOf(refused)], [401, 'insufficient_user_authentication'])
  assert.match(
    refused.headers['www-authenticate'] ?? '',
    /error="insufficient_user_authentication", max_age=600/,
  )
  assert.equal((await browser.post('/account/reauthenticate', { password: ANNA.password })).status, 200)
  assert.equal((await browser.post('/account/email', { newEmail: NEW_EMAIL })).status, 202)
})

test('of 100 sign-ups of one address in many spellings exactly one makes an account (E-05)', async (t) => {
  const site = await startAccounts(t, { account: { passwords: { waiting: 200 } } })
  const spellings = ['anna@example.test', 'ANNA@example.test', ' Anna@Example.Test ', 'anna@EXAMPLE.test']
  const statuses = await times(100, async (index) => {
    const email = spellings[index % spellings.length] ?? ''
    return (await site.browser().post('/signup', { email, password: ANNA.password })).status
  })
  assert.equal(statuses.filter((status) => status === 201).length, 1)
  assert.ok(statuses.every((status) => [201, 409, 503].includes(status)))
})

test('in private mode a taken and a free address get the same answer, and mail tells the owner (R-03)', async (t) => {
  const site = await startAccounts(t, { account: { signup: 'private' } })
  const replies = []
  for (let count = 0; count < 2; count++) {
    const { status, headers, body } = await site
      .browser()
      .post('/signup', { email: ANNA.email, password: ANNA.password })
    const { date: _, ...fields } = headers
    replies.push(JSON.stringify({ status, fields, body }))
    await site.mails()
  }
  assert.equal(replies[0], replies[1])
  assert.match(replies[0] ?? '', /"status":202/)
  const [first, second] = await site.mails()
  assert.match(first?.subject ?? '', /Confirm your email/)
  assert.match(second?.subject ?? '', /already have an account/)

  assert.equal((await logIn(site.browser())).status, 401)
  assert.equal(
    (await site.browser().post('/email/verify', { token: await site.mailedToken(ANNA.email) })).status,
    200,
  )
  assert.equal((await logIn(site.browser())).status, 200)
})

test('opening any of the mailed links changes nothing, and the link is good after it (E-07, S-24, T63)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  const open = async (path: string, token: string) => {
    for (const method of ['GET', 'HEAD', 'GET']) {
      const opened = await site.browser().send(`${path}?token=${token}`, { method, headers: PAGE })
      assert.equal(opened.status, 200, path)
    }
  }
  const verification = await site.mailedToken(ANNA.email)
  await open('/email/verify', verification)
  assert.equal((await site.user()).emailVerifiedAt, null)
  assert.equal((await browser.post('/email/verify', { token: verification })).status, 200)
  await browser.post('/account/email', { newEmail: NEW_EMAIL })
  const [confirmation, undo] = [await site.mailedToken(NEW_EMAIL), await site.mailedToken(ANNA.email)]
  await open('/email/confirm', confirmation)
  assert.equal((await site.user()).email, ANNA.email)
  assert.equal((await browser.post('/email/confirm', { token: confirmation })).status, 200)
  await open('/email/undo', undo)
  assert.equal(await isLoggedIn(browser), true)
  assert.equal((await site.browser().post('/email/undo', { token: undo })).status, 200)
  assert.equal((await site.user()).email, ANNA.email)
})

test('a verification proves the address that it was mailed to, and no other that the account has by now (E-03)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  const token = await site.mailedToken(ANNA.email)
  const { id, credentialVersion } = await site.user()
  const email = parseEmail(NEW_EMAIL)
  assert.ok(email !== null)
  await site.users.update(id, credentialVersion, { email })
  assert.equal(codeOf(await browser.post('/email/verify', { token })), 'invalid_token')
  assert.equal((await site.users.find(id))?.emailVerifiedAt, null)
})

test('a confirmation of an address is worth nothing after the application has changed the credentials (E-09)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  await browser.post('/account/email', { newEmail: NEW_EMAIL })
  const token = await site.mailedToken(NEW_EMAIL)
  const { id, credentialVersion } = await site.user()
  await site.users.update(id, credentialVersion, { credentialVersion: credentialVersion + 1 })
  assert.equal(codeOf(await browser.post('/email/confirm', { token })), 'invalid_token')
  assert.equal((await site.users.find(id))?.email, ANNA.email)
})

test('taking an address back ends the session of the browser that it is done in, too (E-08, S-20)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  await browser.post('/account/email', { newEmail: NEW_EMAIL })
  const undo = await site.mailedToken(ANNA.email)
  assert.equal((await browser.post('/email/undo', { token: undo })).status, 200)
  assert.equal(await isLoggedIn(browser), false)
})
