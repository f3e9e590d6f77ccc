import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { memoryUsers } from 'latchstring/users/memory'
import type { Users } from '../../src/auth/types.ts'
import type { Store } from '../../src/core/types.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { Browser } from '../http/client.ts'
import { type AccountSite, ANNA, BERT, bound, isLoggedIn, logIn, startAccounts } from './site.ts'

const NEW_PASSWORD = 'a quite different passphrase'
const NEW_EMAIL = 'anna.new@example.test'

/** Counts calls to the store and to users alike, and lets one of them, or all from one on, fail. */
class Weather {
  calls = 0
  #fails: (call: number) => boolean = () => false

  failAt(call: number): void {
    this.calls = 0
    this.#fails = (one) => one === call
  }

  failAll(): void {
    this.#fails = () => true
  }

  clearUp(): void {
    this.calls = 0
    this.#fails = () => false
  }

  async check(): Promise<void> {
    this.calls++
    if (this.#fails(this.calls)) throw new Error('out of order')
  }
}

function exposedTo(weather: Weather, store: Store): Store {
  return {
    read: async (key) => weather.check().then(() => store.read(key)),
    write: async (row) => weather.check().then(() => store.write(row)),
    remove: async (keys) => weather.check().then(() => store.remove(keys)),
    list: async (userId) => weather.check().then(() => store.list(userId)),
    purge: (now) => store.purge(now),
  }
}

function usersIn(weather: Weather, users: Users): Users {
  return {
    find: async (id) => weather.check().then(() => users.find(id)),
    findByEmail: async (key) => weather.check().then(() => users.findByEmail(key)),
    findByUsername: async (key) => weather.check().then(() => users.findByUsername(key)),
    create: async (user) => weather.check().then(() => users.create(user)),
    update: async (...given) => weather.check().then(() => users.update(...given)),
    remove: async (id) => weather.check().then(() => users.remove(id)),
  }
}

interface StormySite extends AccountSite {
  readonly weather: Weather
}

/** The store is out in the weather, and so are users unless something else is said. */
async function startInWeather(
  t: TestContext,
  usersOf = (weather: Weather) => usersIn(weather, memoryUsers()),
): Promise<StormySite> {
  const weather = new Weather()
  const [store, users] = [exposedTo(weather, memoryStore()), usersOf(weather)]
  return { ...(await startAccounts(t, { store, account: { users } })), weather }
}

/** What a person can want, and what is true afterwards if it was done. */
interface Wish {
  /** Brings about the mail with the link that it takes, and tells to whom it goes. */
  readonly mailed?: (browser: Browser) => Promise<string>
  readonly request: (browser: Browser, token: string) => Promise<{ status: number }>
  readonly isDone: (browser: Browser, site: StormySite) => Promise<boolean>
}

/** Anna, and the token that her wish takes. */
async function prepare(site: StormySite, { mailed }: Wish): Promise<{ anna: Browser; token: string }> {
  const anna = await site.member()
  const to = await mailed?.(anna)
  const token = to === undefined ? '' : await site.mailedToken(to)
  await site.auth.settled()
  return { anna, token }
}

async function canLogIn(site: AccountSite, password: string): Promise<boolean> {
  const { status } = await logIn(site.browser(), { ...ANNA, password })
  return status === 200
}

const WISHES: Readonly<Record<string, Wish>> = {
  'a log-out': {
    request: (browser) => browser.post('/logout'),
    isDone: async (browser) => !(await isLoggedIn(browser)),
  },
  'a change of the password': {
    request: (browser) =>
      browser.post('/account/password', { currentPassword: ANNA.password, newPassword: NEW_PASSWORD }),
    isDone: (_, site) => canLogIn(site, NEW_PASSWORD),
  },
  'the deletion of an account': {
    request: (browser) => browser.post('/account/delete'),
    isDone: async (_, site) => (await site.users.findByEmail(ANNA.email)) === null,
  },
  'a sign-up': {
    request: (browser) => browser.stranger().post('/signup', BERT),
    isDone: async (_, site) => (await logIn(site.browser(), BERT)).status === 200,
  },
  'a password reset': {
    mailed: async (browser) => {
      await browser.post('/password/forgot', { email: ANNA.email })
      return ANNA.email
    },
    request: (browser, token) => browser.post('/password/reset', { token, newPassword: NEW_PASSWORD }),
    isDone: (_, site) => canLogIn(site, NEW_PASSWORD),
  },
  'the proof of an address': {
    mailed: async () => ANNA.email,
    request: (browser, token) => browser.post('/email/verify', { token }),
    isDone: async (_, site) => (await site.user()).emailVerifiedAt !== null,
  },
  'a change of the address': {
    mailed: async (browser) => {
      await browser.post('/account/email', { newEmail: NEW_EMAIL })
      return NEW_EMAIL
    },
    request: (browser, token) => browser.post('/email/confirm', { token }),
    isDone: async (_, site) => (await site.users.findByEmail(NEW_EMAIL)) !== null,
  },
}

/** What an owner does who was told of something that was not theirs. */
const TAKING_BACK: Readonly<Record<string, Wish>> = {
  'the undoing of a change of the address': {
    mailed: async (browser) => {
      await browser.post('/account/email', { newEmail: NEW_EMAIL })
      return ANNA.email
    },
    request: (browser, token) => browser.stranger().post('/email/undo', { token }),
    isDone: async (browser, site) => !(await isLoggedIn(browser)) && !(await canLogIn(site, ANNA.password)),
  },
  'the alarm about a login': {
    mailed: async (browser) => {
      await logIn(browser.stranger())
      return ANNA.email
    },
    request: (browser, token) => browser.stranger().post('/account/not-me', { token }),
    isDone: async (browser, site) => !(await isLoggedIn(browser)) && !(await canLogIn(site, ANNA.password)),
  },
}

for (const [name, wish] of Object.entries(WISHES)) {
  const { request, isDone } = wish
  test(`${name} is never acknowledged unless it was done, whichever call fails (F-02, T86)`, async (t) => {
    const failed = []
    for (let call = 1; ; call++) {
      const site = await startInWeather(t)
      const { anna, token } = await prepare(site, wish)
      const kept = anna.copy()
      site.weather.failAt(call)
      const { status } = await request(anna, token)
      const { calls } = site.weather
      site.weather.clearUp()
      if (calls < call) break
      if (status < 300) assert.equal(await isDone(kept, site), true, `call ${call}`)
      else failed.push(status)
      assert.ok([200, 201, 503].includes(status), `call ${call}: ${status}`)
    }
    assert.ok(failed.length > 0)
  })
}

for (const [name, wish] of Object.entries(TAKING_BACK)) {
  test(`${name} is done once it is acknowledged, and till then the link stays good, whichever call fails (E-08, F-02, T86)`, async (t) => {
    for (let call = 1; ; call++) {
      const site = await startInWeather(t)
      const { anna, token } = await prepare(site, wish)
      site.weather.failAt(call)
      const { status } = await wish.request(anna, token)
      const { calls } = site.weather
      site.weather.clearUp()
      if (calls < call) break
      assert.ok([200, 503].includes(status), `call ${call}: ${status}`)
      if (status === 503) assert.equal((await wish.request(anna, token)).status, 200, `call ${call}`)
      assert.equal(await wish.isDone(anna, site), true, `call ${call}`)
      assert.equal((await wish.request(anna, token)).status, 400, `call ${call}`)
    }
  })
}

test('a change of the password that failed half-way leaves one password that works (F-02, T86)', async (t) => {
  for (let call = 1; ; call++) {
    const site = await startInWeather(t)
    const browser = await site.member()
    await site.auth.settled()
    site.weather.failAt(call)
    await browser.post('/account/password', { currentPassword: ANNA.password, newPassword: NEW_PASSWORD })
    const { calls } = site.weather
    site.weather.clearUp()
    if (calls < call) break
    const works = [await canLogIn(site, ANNA.password), await canLogIn(site, NEW_PASSWORD)]
    assert.equal(works.filter(Boolean).length, 1, `call ${call}`)
  }
})

test('a login is never acknowledged unless its session is there, whichever call fails (T86)', async (t) => {
  for (let call = 1; ; call++) {
    const site = await startInWeather(t)
    await site.member()
    await site.auth.settled()
    const browser = site.browser()
    site.weather.failAt(call)
    const { status } = await logIn(browser)
    const { calls } = site.weather
    site.weather.clearUp()
    if (calls < call) break
    assert.equal(await isLoggedIn(browser), status === 200, `call ${call}: ${status}`)
  }
})

test('while the store fails nobody is logged in or out, and tries stay limited (R-08, F-01)', async (t) => {
  const site = await startInWeather(t, () => memoryUsers())
  const browser = await site.member()
  await site.auth.settled()
  site.weather.failAll()
  const statuses = []
  for (let tries = 0; tries < 8; tries++)
    statuses.push((await logIn(site.browser(), { ...ANNA, password: 'wrong wrong wrong' })).status)
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429, 429])
  assert.equal((await browser.get('/account')).status, 503)
  assert.equal((await browser.post('/logout')).status, 503)
  site.weather.clearUp()
  assert.equal(await isLoggedIn(browser), true)
})

test('users that cannot be asked make 503, and no answer about anybody (F-01)', async (t) => {
  const users = memoryUsers()
  const broken: Users = { ...bound(users), findByEmail: () => Promise.reject(new Error('out of order')) }
  const site = await startInWeather(t, () => broken)
  const { status, body } = await logIn(site.browser())
  assert.equal(status, 503)
  assert.doesNotMatch(body, /out of order/)
})

test('a sink that throws and mail that fails are nobody’s problem but the application’s (R-02, F-05, T59)', async (t) => {
  const mail = () => Promise.reject(new Error('the mail server is gone'))
  const site = await startAccounts(t, { account: { mail } })
  const browser = await site.member()
  assert.equal((await browser.post('/password/forgot', { email: ANNA.email })).status, 202)
  await site.auth.settled()
  assert.ok(site.events.some(({ type }) => type === 'mail.failed'))
})

test('a change of the password that cannot end the other sessions has not happened (F-02)', async (t) => {
  const inner = memoryStore()
  let isListing = true
  const list: Store['list'] = async (userId) => {
    if (!isListing && userId === '1') throw new Error('out of order')
    return inner.list(userId)
  }
  const site = await startAccounts(t, { store: { ...exposedTo(new Weather(), inner), list } })
  const browser = await site.member()
  isListing = false
  const change = { currentPassword: ANNA.password, newPassword: NEW_PASSWORD }
  assert.equal((await browser.post('/account/password', change)).status, 503)
  isListing = true
  assert.equal(await canLogIn(site, NEW_PASSWORD), false)
  assert.equal(await canLogIn(site, ANNA.password), true)
})
