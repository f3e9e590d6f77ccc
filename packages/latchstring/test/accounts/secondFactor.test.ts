import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { memoryUsers } from 'latchstring/users/memory'
import type { LoginMethod, Users } from '../../src/auth/types.ts'
import { ROUTES } from '../../src/routes/table.ts'
import { answer, type Browser, type Reply, times } from '../http/client.ts'
import { gate } from '../http/server.ts'
import { type AccountSite, ANNA, BERT, isLoggedIn, logIn, startAccounts } from './site.ts'

const CODE = '123456'
const REFUSED = { kind: 'refused', code: 'invalid_credentials' } as const

/** A second factor that takes one code from everybody, and notes what it has compared. */
function codeMethod(users: Users, compared: string[]): LoginMethod {
  return {
    id: 'code',
    factor: 'second',
    enrolled: async () => true,
    actions: {
      verify: async ({ code }, attempt) => {
        const user = attempt.userId === null ? null : await users.find(attempt.userId)
        if (!(await attempt.begin({ user, identifier: 'code' }))) return REFUSED
        compared.push(String(code))
        if (user === null || code !== CODE) return REFUSED
        return { kind: 'verified', userId: user.id, credentialVersion: user.credentialVersion }
      },
    },
  }
}

interface TwoFactorSite extends AccountSite {
  readonly compared: string[]
}

async function startWithCodes(t: TestContext): Promise<TwoFactorSite> {
  const users = memoryUsers()
  const compared: string[] = []
  const site = await startAccounts(t, { account: { users, methods: [codeMethod(users, compared)] } })
  await site.member()
  return { ...site, compared }
}

/** What somebody has to be logged in for. */
const OWN_PATHS = /^\/(?:account(?!\/not-me)|email\/verify\/resend)/

/** All that such a path could take. */
const CHANGES = {
  currentPassword: ANNA.password,
  newPassword: 'a quite different passphrase',
  password: ANNA.password,
  newEmail: 'new@example.test',
  name: 'mine',
}

function giveCode(browser: Browser, code: string): Promise<Reply> {
  return browser.post('/login/continue', { method: 'code', action: 'verify', code })
}

test('between the factors there is no session: no cookie of that time opens anything (S-11, T71)', async (t) => {
  const site = await startWithCodes(t)
  const browser = site.browser()
  const asked = await logIn(browser)
  assert.deepEqual(answer(asked), [
    202,
    { message: 'Second factor needed', code: 'second_factor', methods: ['code'] },
  ])
  const [pending] = [...browser.jar.values()]
  for (const name of browser.jar.keys()) assert.notEqual(name, 'latchstring')
  const owned = Object.entries(ROUTES).filter(([path]) => OWN_PATHS.test(path))
  assert.ok(owned.length >= 10)
  for (const cookie of [browser.cookie, `latchstring=${pending}`]) {
    assert.equal((await site.browser().get('/protected', { cookie })).status, 401)
    for (const [path, { GET, POST }] of owned) {
      const at = path.replace(':id', 'x')
      if (GET !== undefined) assert.equal((await site.browser().get(at, { cookie })).status, 401, path)
      if (POST === undefined) continue
      assert.equal((await site.browser().post(at, CHANGES, { cookie })).status, 401, path)
    }
  }
  assert.equal((await logIn(site.browser())).status, 202, 'the password is what it was')
  const member = site.browser()
  await logIn(member)
  await giveCode(member, CODE)
  const sessions = answer(await member.get('/account/sessions'))
  assert.doesNotMatch(JSON.stringify(sessions), new RegExp(String(pending)))
})

test('the second factor makes the session, recorded with both methods (S-11, M-07)', async (t) => {
  const site = await startWithCodes(t)
  const browser = site.browser()
  await logIn(browser)
  assert.equal((await giveCode(browser, '000000')).status, 401)
  assert.equal((await giveCode(browser, CODE)).status, 200)
  assert.equal(await isLoggedIn(browser), true)
  assert.match((await browser.get('/account/sessions')).body, /"methods":\["password","code"\]/)
  assert.equal((await giveCode(browser, CODE)).status, 401)
})

test('of 100 right codes at once exactly one makes a session (T61)', async (t) => {
  const site = await startWithCodes(t)
  const browser = site.browser()
  await logIn(browser)
  const statuses = await times(100, async () => (await giveCode(browser.copy(), CODE)).status)
  assert.equal(statuses.filter((status) => status === 200).length, 1)
})

test('of 200 guesses at once at most 5 are compared, and then the pending login is dead (R-10, T73)', async (t) => {
  const site = await startWithCodes(t)
  const browser = site.browser()
  await logIn(browser)
  await times(200, (index) => giveCode(browser.copy(), String(index).padStart(6, '0')))
  assert.equal(site.compared.length, 5)
  assert.equal((await giveCode(browser, CODE)).status, 401)
})

test('a pending login dies after ten minutes, and with any change of the password', async (t) => {
  const site = await startWithCodes(t)
  const [late, changed] = [site.browser(), site.browser()]
  await logIn(changed)
  const user = await site.user()
  const changes = { credentialVersion: user.credentialVersion + 1 }
  await site.users.update(user.id, user.credentialVersion, changes)
  assert.equal((await giveCode(changed, CODE)).status, 401)
  await logIn(late)
  site.clock.advance(10 * 60_000)
  assert.equal((await giveCode(late, CODE)).status, 401)
})

test('a second factor alone opens nothing', async (t) => {
  const site = await startWithCodes(t)
  assert.equal((await giveCode(site.browser(), CODE)).status, 401)
  const { status } = await site
    .browser()
    .post('/login/continue', { method: 'password', action: 'login', ...ANNA })
  assert.equal(status, 400)
})

test('a reset does not get round the second factor (E-04, T62)', async (t) => {
  const site = await startWithCodes(t)
  const browser = site.browser()
  await browser.post('/password/forgot', { email: ANNA.email })
  const newPassword = 'a quite different passphrase'
  await browser.post('/password/reset', { token: await site.mailedToken(ANNA.email), newPassword })
  assert.equal(await isLoggedIn(browser), false)
  assert.equal((await logIn(browser, { ...ANNA, password: newPassword })).status, 202)
  assert.equal(await isLoggedIn(browser), false)
})

test('one factor of somebody else makes nobody of whoever has a session already, whatever they finish (S-25, T36)', async (t) => {
  const site = await startWithCodes(t)
  const bert = await site.member(BERT)
  const own = await site.mailedToken(BERT.email)
  const whoIs = async (browser: Browser) => (await browser.get('/protected')).body
  assert.equal((await logIn(bert, ANNA)).status, 202)
  assert.doesNotMatch(await whoIs(bert), /anna/)
  assert.equal((await bert.post('/email/verify', { token: own })).status, 200)
  await bert.post('/account/reauthenticate', { password: BERT.password })
  await bert.post('/password/forgot', { email: BERT.email })
  const reset = { token: await site.mailedToken(BERT.email), newPassword: 'a quite different passphrase' }
  assert.equal((await bert.post('/password/reset', reset)).status, 200)
  assert.doesNotMatch(await whoIs(bert), /anna/)
  assert.equal((await giveCode(bert, '000000')).status, 401)
  assert.doesNotMatch(await whoIs(bert), /anna/)
})

test('a browser that is known is asked for the second factor like any other (M-07, T77)', async (t) => {
  const site = await startWithCodes(t)
  const browser = site.browser()
  await logIn(browser)
  assert.equal((await giveCode(browser, CODE)).status, 200)
  await browser.post('/logout')
  assert.ok(browser.jar.has('latchstring-device'))
  assert.equal((await logIn(browser)).status, 202)
  assert.equal(await isLoggedIn(browser), false)
})

test('a method that verifies without being counted makes no session', async (t) => {
  const cheat: LoginMethod = {
    ...codeMethod(memoryUsers(), []),
    actions: { verify: async () => ({ kind: 'verified', userId: 1, credentialVersion: 1 }) },
  }
  const site = await startAccounts(t, { account: { methods: [cheat] } })
  await site.member()
  const browser = site.browser()
  await logIn(browser)
  assert.equal((await giveCode(browser, CODE)).status, 500)
  assert.equal(await isLoggedIn(browser), false)
})

test('of two right codes that are compared at the same moment one makes a session (S-11, T61)', async (t) => {
  const users = memoryUsers()
  const both = gate()
  let compared = 0
  const code = codeMethod(users, [])
  const { verify: compare } = code.actions
  const verify: LoginMethod['actions'][string] = async (input, attempt) => {
    const outcome = await compare?.(input, attempt)
    if (++compared === 2) both.open()
    await both.opened
    return outcome ?? REFUSED
  }
  const method: LoginMethod = { ...code, actions: { verify } }
  const site = await startAccounts(t, { account: { users, methods: [method] } })
  await site.member()
  const browser = site.browser()
  await logIn(browser)
  const statuses = await times(2, async () => (await giveCode(browser.copy(), CODE)).status)
  assert.deepEqual(statuses.sort(), [200, 401])
})
