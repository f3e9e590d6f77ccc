import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Browser, json, times } from '../http/client.ts'
import { type RemoteApp, sharedFolder, startApp } from './app.ts'
import { ANNA, isLoggedIn, logIn, type Person } from './site.ts'

const MINUTE = 60_000
const SLOWNESS = 5 * MINUTE
const HALF_AN_HOUR = 30 * MINUTE
const NEW_PASSWORD = 'a quite different passphrase'

/** Two processes on one database. */
async function startTwo(t: TestContext): Promise<readonly [RemoteApp, RemoteApp]> {
  const folder = sharedFolder(t)
  const choices = { folder, clock: 'real', waiting: 200 } as const
  return Promise.all([startApp(t, choices), startApp(t, choices)])
}

async function signUp(app: RemoteApp, person: Person = ANNA): Promise<Browser> {
  const browser = app.browser()
  const { status, body } = await browser.post('/signup', person)
  assert.equal(status, 201, body)
  return browser
}

type Tally = Readonly<Record<number, number>>

/** How often each status was answered to requests that were spread over the applications, all at once. */
async function tally(
  apps: readonly [RemoteApp, RemoteApp],
  count: number,
  request: (browser: Browser, index: number) => Promise<{ status: number }>,
): Promise<Tally> {
  const counts: Record<number, number> = {}
  await times(count, async (index) => {
    const { status } = await request(apps[index % 2 === 0 ? 0 : 1].browser(), index)
    counts[status] = (counts[status] ?? 0) + 1
  })
  return counts
}

/**
 * How many passwords were looked at, which is as many as the limit says. Whom a busy machine turned away with a 503 has
 * used nothing, and may have come too late for another one to take that place.
 */
function lookedAt(
  { 200: ok = 0, 401: refused = 0, 429: throttled = 0, 503: busy = 0 }: Tally,
  limit: number,
) {
  const looked = ok + refused
  assert.ok(looked <= limit && looked + busy >= limit, `${looked} looked at, ${busy} turned away`)
  return { looked, answered: looked + throttled + busy }
}

interface Link {
  readonly path: string
  readonly fields?: Readonly<Record<string, string>>
  /** Causes the mail, and tells to whom it goes. */
  cause(browser: Browser, email: string): Promise<string>
}

const RESET = { newPassword: NEW_PASSWORD }

const LINKS: Readonly<Record<string, Link>> = {
  reset: {
    path: '/password/reset',
    fields: RESET,
    cause: async (browser, email) => {
      await browser.post('/password/forgot', { email })
      return email
    },
  },
  verification: { path: '/email/verify', cause: async (_, email) => email },
  confirmation: {
    path: '/email/confirm',
    cause: async (browser, email) => {
      await browser.post('/account/email', { newEmail: `new.${email}` })
      return `new.${email}`
    },
  },
  undo: {
    path: '/email/undo',
    cause: async (browser, email) => {
      await browser.post('/account/email', { newEmail: `new.${email}` })
      return email
    },
  },
  alarm: {
    path: '/account/not-me',
    cause: async (browser, email) => {
      await browser.post('/account/password', { currentPassword: ANNA.password, newPassword: NEW_PASSWORD })
      return email
    },
  },
}

test('of 100 who use one link in two processes at once exactly one succeeds (E-02, F-09, T61)', async (t) => {
  const apps = await startTwo(t)
  for (const [name, { path, fields = {}, cause }] of Object.entries(LINKS)) {
    const email = `${name}@example.test`
    const browser = await signUp(apps[0], { email, password: ANNA.password })
    const token = await apps[0].mailedToken(await cause(browser, email))
    const counts = await tally(apps, 100, (other) => other.post(path, { token, ...fields }))
    t.diagnostic(`${name}: ${JSON.stringify(counts)}`)
    const { 200: successes, 400: refusals = 0, 503: busy = 0 } = counts
    assert.equal(successes, 1, name)
    assert.equal(refusals + busy, 99, name)
  }
})

test('of 100 tries in two processes at one account exactly 10 are looked at (R-05, T10, Z-10)', async (t) => {
  const apps = await startTwo(t)
  await signUp(apps[0])
  const guess = (browser: Browser) => logIn(browser, { ...ANNA, password: 'wrong wrong wrong' })
  const { looked, answered } = lookedAt(await tally(apps, 100, guess), 10)
  assert.equal(answered, 100)
  for (let left = 10 - looked; left > 0; left--) assert.equal((await guess(apps[0].browser())).status, 401)
  for (const app of apps) assert.equal((await logIn(app.browser())).status, 429)
})

test('of 130 tries in two processes at whatever accounts exactly 100 are looked at (R-05, T10, Z-10)', async (t) => {
  const apps = await startTwo(t)
  const counts = await tally(apps, 130, (browser, index) =>
    logIn(browser, { ...ANNA, email: `a${index}@example.test` }),
  )
  assert.equal(lookedAt(counts, 100).answered, 130)
})

test('of 30 sign-ups of one address in two processes exactly one makes an account (E-05, F-09)', async (t) => {
  const apps = await startTwo(t)
  const {
    201: made,
    409: refused = 0,
    503: busy = 0,
  } = await tally(apps, 30, (browser) => browser.post('/signup', ANNA))
  assert.deepEqual([made, refused + busy], [1, 29])
})

test('a link that was used in one process is worth nothing in the other, and ends the sessions of both (S-20, T61)', async (t) => {
  const [one, other] = await startTwo(t)
  const [browser, elsewhere] = [await signUp(one), other.browser()]
  await logIn(elsewhere)
  await browser.post('/password/forgot', { email: ANNA.email })
  const reset = { token: await one.mailedToken(ANNA.email), ...RESET }
  assert.equal((await other.browser().post('/password/reset', reset)).status, 200)
  assert.equal((await one.browser().post('/password/reset', reset)).status, 400)
  assert.deepEqual([await isLoggedIn(browser), await isLoggedIn(elsewhere)], [false, false])
})

test('whoever is disabled or deleted in one process is out in the other at once, for good (S-21, T39)', async (t) => {
  const [one, other] = await startTwo(t)
  const [browser, elsewhere] = [await signUp(one), other.browser()]
  await logIn(elsewhere)
  const { user }: { user: { id: number } } = Object(json(await browser.get('/account')))
  await other.disableUser(user.id)
  assert.deepEqual([await isLoggedIn(browser), await isLoggedIn(elsewhere)], [false, false])
  assert.equal((await logIn(one.browser())).status, 401)
  await one.enableUser(user.id)
  assert.deepEqual([await isLoggedIn(browser), await isLoggedIn(elsewhere)], [false, false])

  assert.deepEqual([(await logIn(browser)).status, (await logIn(elsewhere)).status], [200, 200])
  assert.equal((await elsewhere.post('/account/delete')).status, 200)
  assert.deepEqual([await isLoggedIn(browser), await isLoggedIn(elsewhere)], [false, false])
  await signUp(other)
  assert.deepEqual([await isLoggedIn(browser), await isLoggedIn(elsewhere)], [false, false])
})

test('who logs all others out is not overtaken by logins in either process that were there before (S-20, T32)', async (t) => {
  const apps = await startTwo(t)
  const owner = await signUp(apps[0])
  const earlier = apps.flatMap((app) => Array.from({ length: 5 }, () => app.browser()))
  for (const browser of earlier) assert.equal((await logIn(browser)).status, 200)
  const later = apps.flatMap((app) => Array.from({ length: 10 }, () => app.browser()))
  const [ended] = await Promise.all([
    owner.post('/account/sessions/revoke-others'),
    ...later.map((browser) => logIn(browser)),
  ])
  assert.equal(ended.status, 200)
  for (const browser of earlier) assert.equal(await isLoggedIn(browser), false)
  assert.equal(await isLoggedIn(owner), true)
})

test('in a process whose clock is slow a link lives on for that long, and works once all the same (F-11, T94)', async (t) => {
  const folder = sharedFolder(t)
  const [right, slow] = await Promise.all([
    startApp(t, { folder, clock: 'still' }),
    startApp(t, { folder, clock: 'still' }),
  ])
  await right.advance(SLOWNESS)
  await signUp(right)
  const ask = async () => {
    await right.browser().post('/password/forgot', { email: ANNA.email })
    return right.mailedToken(ANNA.email)
  }
  const use = async (app: RemoteApp, token: string) =>
    (await app.browser().post('/password/reset', { token, ...RESET })).status
  const used = await ask()
  assert.deepEqual([await use(right, used), await use(slow, used), await use(right, used)], [200, 400, 400])
  const late = await ask()
  for (const app of [right, slow]) await app.advance(HALF_AN_HOUR)
  assert.equal(await use(right, late), 400)
  await slow.advance(SLOWNESS)
  assert.equal(await use(slow, late), 400)
})
