import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { LoginMethod, User } from 'latchstring/accounts'
import { memoryUsers } from 'latchstring/users/memory'
import { watchword } from '../../../../docs/examples/login-methods.ts'
import {
  type AccountSite,
  ANNA,
  BERT,
  codeOf,
  isLoggedIn,
  logIn,
  PAGE,
  startAccounts,
} from '../accounts/site.ts'
import { answer, type Browser } from '../http/client.ts'

const WORD = 'swordfish'

async function start(t: TestContext): Promise<AccountSite> {
  const users = memoryUsers()
  const wordOf = ({ email }: User) => (email === ANNA.email ? WORD : null)
  const site = await startAccounts(t, {
    account: { users, methods: [watchword(users, wordOf)] },
    addRoutes: (app, { auth }) => {
      const isRecent = auth.requireRecent({ within: '10m', method: 'watchword' })
      app.get('/vault', isRecent, (_, res) => void res.json({}))
    },
  })
  await site.member()
  await site.member(BERT)
  return site
}

function say(browser: Browser, word: unknown) {
  return browser.post('/login/continue', { method: 'watchword', action: 'verify', word })
}

test('the method of docs/login-methods.md is asked of those who have set it up, and of nobody else', async (t) => {
  const site = await start(t)
  assert.equal((await logIn(site.browser(), BERT)).status, 200)
  const browser = site.browser()
  const asked = { message: 'Second factor needed', code: 'second_factor', methods: ['watchword'] }
  assert.deepEqual(answer(await logIn(browser)), [202, asked])
  assert.equal(await isLoggedIn(browser), false)
  for (const word of ['catfish', '', null, [WORD]]) {
    assert.equal((await say(browser, word)).status, 401)
  }
  assert.equal((await say(browser, WORD)).status, 200)
  assert.equal(await isLoggedIn(browser), true)
})

test('its name is recorded with the session, and the guards that ask for it let it pass', async (t) => {
  const site = await start(t)
  const browser = site.browser()
  await logIn(browser)
  await say(browser, WORD)
  assert.match((await browser.get('/account/sessions')).body, /"methods":\["password","watchword"\]/)
  assert.equal((await browser.get('/vault')).status, 200)
  const bert = site.browser()
  await logIn(bert, BERT)
  assert.equal((await bert.get('/vault')).status, 401)
})

test('a name that is none of a second factor uses no try up', async (t) => {
  const site = await start(t)
  const browser = site.browser()
  await logIn(browser)
  for (let tries = 0; tries < 6; tries++) {
    const reply = await browser.post('/login/continue', { method: 'nothing', action: 'verify' })
    assert.deepEqual([reply.status, codeOf(reply)], [400, 'invalid_body'])
  }
  assert.equal((await say(browser, WORD)).status, 200)
})

interface Mistake {
  /** Whose try is counted. */
  readonly counted: number
  readonly verified: { readonly userId: number; readonly credentialVersion: number }
}

/** The first factor was that of user 1. */
const MISTAKES: Readonly<Record<string, Mistake>> = {
  'somebody else than it counted': { counted: 1, verified: { userId: 2, credentialVersion: 1 } },
  'somebody else than the first factor': { counted: 2, verified: { userId: 2, credentialVersion: 1 } },
  'a user of an older version': { counted: 1, verified: { userId: 1, credentialVersion: 0 } },
}

for (const [name, { counted, verified }] of Object.entries(MISTAKES)) {
  test(`a method that has verified ${name} logs nobody in`, async (t) => {
    const users = memoryUsers()
    const method: LoginMethod = {
      id: 'watchword',
      factor: 'second',
      enrolled: async () => true,
      actions: {
        verify: async (_, attempt) => {
          await attempt.begin({ user: await users.find(counted), identifier: '' })
          return { kind: 'verified', ...verified }
        },
      },
    }
    const site = await startAccounts(t, { account: { users, methods: [method] } })
    await site.member()
    await site.member(BERT)
    const browser = site.browser()
    await logIn(browser)
    assert.equal((await say(browser, WORD)).status, 401)
    assert.equal(await isLoggedIn(browser), false)
  })
}

test('a browser is sent on to a page for the second factor, which is the application’s to serve', async (t) => {
  const site = await start(t)
  const asked = await site.browser().post('/login', ANNA, PAGE)
  assert.equal(asked.status, 202)
  const form = await site.browser().send('/login', { method: 'POST', headers: PAGE, form: ANNA })
  assert.deepEqual([form.status, form.headers.location], [303, '/login/continue'])
})
