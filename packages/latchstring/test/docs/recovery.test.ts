import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryStore } from 'latchstring/stores/memory'
import { memoryUsers } from 'latchstring/users/memory'
import { requireVerified } from '../../../../docs/examples/recovery.ts'
import { Activity } from '../../src/auth/activity.ts'
import { Background } from '../../src/auth/background.ts'
import { KnownDevices } from '../../src/auth/knownDevices.ts'
import { type AccountSite, ANNA, codeOf, isLoggedIn, logIn, startAccounts } from '../accounts/site.ts'
import type { Browser } from '../http/client.ts'
import { createRecords } from '../records-support.ts'

const NEW_PASSWORD = 'a quite different passphrase'
const NEW_EMAIL = 'anna.new@example.test'

test('the guard of docs/recovery.md lets those pass who have proved their address', async (t) => {
  const users = memoryUsers()
  const site = await startAccounts(t, {
    account: { users },
    addRoutes: (app, { auth }) =>
      app.post('/articles', auth.authenticate, requireVerified(users), (_, res) => void res.json({})),
  })
  const browser = await site.member()
  const refused = await browser.post('/articles')
  assert.deepEqual([refused.status, codeOf(refused)], [403, 'email_not_verified'])
  await browser.post('/email/verify', { token: await site.mailedToken(ANNA.email) })
  assert.equal((await browser.post('/articles')).status, 200)
  assert.equal((await site.browser().post('/articles')).status, 401)
})

/** What is left after something has happened. */
interface Left {
  /** The session in which it happened, if it was one. */
  readonly own: 'goes on' | 'under a new token' | 'ends'
  readonly others: 'go on' | 'end'
  readonly browsers: 'stay known' | 'are forgotten'
  readonly resetLink: 'works' | 'is dead'
  readonly password: 'stays' | 'is another one' | 'is gone'
}

interface Household {
  readonly site: AccountSite
  readonly own: Browser
  /** Redeems the newest mailed link to a path. */
  readonly redeem: (path: string, fields?: object) => Promise<{ readonly status: number }>
}

interface Ending {
  readonly happens: (household: Household) => Promise<{ readonly status: number }>
  readonly left: Left
}

const TAKEN_BACK: Left = {
  own: 'ends',
  others: 'end',
  browsers: 'are forgotten',
  resetLink: 'is dead',
  password: 'is gone',
}

/** The table of docs/recovery.md. */
const ENDINGS: Readonly<Record<string, Ending>> = {
  'the first proof of an address': {
    happens: ({ redeem }) => redeem('/email/verify'),
    left: {
      own: 'goes on',
      others: 'end',
      browsers: 'stay known',
      resetLink: 'works',
      password: 'stays',
    },
  },
  'authenticating again': {
    happens: ({ own }) => own.post('/account/reauthenticate', { password: ANNA.password }),
    left: {
      own: 'under a new token',
      others: 'go on',
      browsers: 'stay known',
      resetLink: 'works',
      password: 'stays',
    },
  },
  'a change of the password': {
    happens: ({ own }) =>
      own.post('/account/password', { currentPassword: ANNA.password, newPassword: NEW_PASSWORD }),
    left: {
      own: 'under a new token',
      others: 'end',
      browsers: 'stay known',
      resetLink: 'is dead',
      password: 'is another one',
    },
  },
  'the confirmation of a new address': {
    happens: async ({ own, redeem }) => {
      await own.post('/account/email', { newEmail: NEW_EMAIL })
      return redeem('/email/confirm')
    },
    left: {
      own: 'under a new token',
      others: 'end',
      browsers: 'stay known',
      resetLink: 'is dead',
      password: 'stays',
    },
  },
  'a reset of the password': {
    happens: ({ redeem }) => redeem('/password/reset', { newPassword: NEW_PASSWORD }),
    left: { ...TAKEN_BACK, password: 'is another one' },
  },
  'the undoing of a change of address': {
    happens: async ({ own, redeem }) => {
      await own.post('/account/email', { newEmail: NEW_EMAIL })
      return redeem('/email/undo')
    },
    left: TAKEN_BACK,
  },
  '"this was not me"': {
    happens: ({ redeem }) => redeem('/account/not-me'),
    left: TAKEN_BACK,
  },
  'disabling a user': {
    happens: async ({ site }) => {
      await site.auth.disableUser(1)
      await site.auth.enableUser(1)
      return { status: 200 }
    },
    left: {
      own: 'ends',
      others: 'end',
      browsers: 'stay known',
      resetLink: 'is dead',
      password: 'stays',
    },
  },
}

for (const [name, { happens, left }] of Object.entries(ENDINGS)) {
  test(`${name} ends the sessions, links and passwords that the page says (S-20)`, async (t) => {
    const store = memoryStore()
    const site = await startAccounts(t, { store })
    const [own, other] = [await site.member(), site.browser()]
    await logIn(other)
    await site.browser().post('/password/forgot', { email: ANNA.email })
    const reset = await linkTo(site, '/password/reset')
    const [before, hash] = [own.copy(), await passwordHash(site)]
    const redeem = async (path: string, fields = {}) =>
      own.post(path, { token: await linkTo(site, path), ...fields })

    const { status } = await happens({ site, own, redeem })
    assert.equal(status, 200)
    const isOwnAlive = await isLoggedIn(own)
    const isOldTokenAlive = await isLoggedIn(before)
    const newHash = await passwordHash(site)
    const isResetGood = await isGood(site, reset)
    const known = await new KnownDevices(createRecords({ store, clock: site.clock })).list(1)
    assert.deepEqual(
      {
        own: isOldTokenAlive ? 'goes on' : isOwnAlive ? 'under a new token' : 'ends',
        others: (await isLoggedIn(other)) ? 'go on' : 'end',
        browsers: known.length > 0 ? 'stay known' : 'are forgotten',
        resetLink: isResetGood ? 'works' : 'is dead',
        password: newHash === null ? 'is gone' : newHash === hash ? 'stays' : 'is another one',
      },
      left,
    )
  })
}

/** The token of the newest mail with a link to a path. */
async function linkTo(site: AccountSite, path: string): Promise<string> {
  const link = new RegExp(`${path}\\?token=([A-Za-z0-9_-]{43})`)
  const tokens = (await site.mails()).flatMap(({ text }) => link.exec(text)?.[1] ?? [])
  const token = tokens.at(-1)
  assert.ok(token !== undefined, `no link to ${path}`)
  return token
}

async function passwordHash(site: AccountSite): Promise<string | null> {
  return (await site.users.find(1))?.passwordHash ?? null
}

/** A password that is too short is refused only after the link was found to be good. */
async function isGood(site: AccountSite, token: string): Promise<boolean> {
  return (
    codeOf(await site.browser().post('/password/reset', { token, newPassword: 'short' })) !== 'invalid_token'
  )
}

test('whoever signed up with an address keeps the password when somebody else follows the link (E-10)', async (t) => {
  const site = await startAccounts(t)
  const stranger = await site.member()
  const [mail] = await site.mails()
  assert.match(mail?.text ?? '', /If you did not sign up for Latchstring, you can ignore this email/)
  const owner = site.browser()
  await owner.post('/email/verify', { token: await linkTo(site, '/email/verify') })
  assert.equal(await isLoggedIn(stranger), false)
  assert.equal((await logIn(stranger)).status, 200)
  assert.doesNotMatch(JSON.stringify(await site.mails()), /New login/)

  await owner.post('/password/forgot', { email: ANNA.email })
  const newPassword = 'the passphrase of the owner'
  await owner.post('/password/reset', { token: await linkTo(site, '/password/reset'), newPassword })
  assert.equal(await isLoggedIn(stranger), false)
  assert.equal((await logIn(stranger)).status, 401)
})

test('private sign-up keeps that password too (E-10)', async (t) => {
  const site = await startAccounts(t, { account: { signup: 'private' } })
  const stranger = site.browser()
  await stranger.post('/signup', ANNA)
  await site.browser().post('/email/verify', { token: await linkTo(site, '/email/verify') })
  assert.equal((await logIn(stranger)).status, 200)
})

test('what takes something back stays good whatever is changed after it', async (t) => {
  const site = await startAccounts(t)
  const thief = await site.member()
  await logIn(site.browser())
  const notMe = await linkTo(site, '/account/not-me')
  await thief.post('/account/password', { currentPassword: ANNA.password, newPassword: NEW_PASSWORD })
  assert.equal((await site.browser().post('/account/not-me', { token: notMe })).status, 200)
  assert.equal(await isLoggedIn(thief), false)
})

test('a reset is told by mail, with a way to take it back', async (t) => {
  const site = await startAccounts(t)
  await site.member()
  await site.browser().post('/password/forgot', { email: ANNA.email })
  const reset = { token: await linkTo(site, '/password/reset'), newPassword: NEW_PASSWORD }
  await site.browser().post('/password/reset', reset)
  assert.match((await site.mails()).at(-1)?.subject ?? '', /password was changed/)
  assert.equal(
    (await site.browser().post('/account/not-me', { token: await linkTo(site, '/account/not-me') })).status,
    200,
  )
})

test('an account that the application made without a password is signed up by nobody, and gets one by a reset', async (t) => {
  const users = memoryUsers()
  const email = { text: ANNA.email, key: ANNA.email }
  await users.create({ email, username: null, passwordHash: null, createdAt: 0 })
  const site = await startAccounts(t, { account: { users } })
  assert.equal((await site.browser().post('/signup', ANNA)).status, 409)
  assert.equal((await logIn(site.browser())).status, 401)
  await site.browser().post('/password/forgot', { email: ANNA.email })
  const reset = { token: await linkTo(site, '/password/reset'), newPassword: NEW_PASSWORD }
  assert.equal((await site.browser().post('/password/reset', reset)).status, 200)
  assert.equal((await logIn(site.browser(), { ...ANNA, password: NEW_PASSWORD })).status, 200)
})

test('of a deleted account nothing is left, and its owner is told', async (t) => {
  const store = memoryStore()
  const site = await startAccounts(t, { store })
  const [own, other] = [await site.member(), site.browser()]
  await logIn(other)
  const [verify, notMe] = [await linkTo(site, '/email/verify'), await linkTo(site, '/account/not-me')]
  assert.equal((await own.post('/account/delete')).status, 200)
  assert.match((await site.mails()).at(-1)?.subject ?? '', /account was deleted/)
  assert.ok(site.events.some(({ type }) => type === 'account.deleted'))
  assert.equal(codeOf(await site.browser().post('/email/verify', { token: verify })), 'invalid_token')
  assert.equal(codeOf(await site.browser().post('/account/not-me', { token: notMe })), 'invalid_token')
  const records = createRecords({ store, clock: site.clock })
  const background = new Background(() => {})
  assert.deepEqual(await new KnownDevices(records).list(1), [])
  assert.deepEqual(await new Activity({ records, background }).list(1), [])
  assert.equal((await site.browser().post('/signup', ANNA)).status, 201)
})
