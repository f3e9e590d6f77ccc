import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answer, type Browser, json } from '../http/client.ts'
import { BERT, isLoggedIn, logIn, startAccounts } from './site.ts'

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0'

interface Listed {
  readonly id: string
  readonly current: boolean
  readonly device: string
  readonly address: string | null
  readonly methods: readonly string[]
}

async function sessionsOf(browser: Browser): Promise<readonly Listed[]> {
  const { sessions }: { sessions: Listed[] } = Object(json(await browser.get('/account/sessions')))
  return sessions
}

async function eventsOf(browser: Browser): Promise<readonly { type: string; count: number }[]> {
  const { events }: { events: { type: string; count: number }[] } = Object(
    json(await browser.get('/account/activity')),
  )
  return events
}

test('devices are listed by readable names and approximate addresses, this one first and marked (S-19)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  const phone = site.browser()
  site.clock.advance(1_000)
  await phone.post(
    '/login',
    { email: 'anna@example.test', password: 'correct horse battery staple' },
    { 'user-agent': FIREFOX },
  )
  const [first, second, ...others] = await sessionsOf(phone)
  assert.deepEqual(
    [first?.device, first?.current, first?.methods],
    ['Firefox on Windows', true, ['password']],
  )
  assert.deepEqual([second?.current, others.length], [false, 0])
  assert.doesNotMatch(String(first?.address), /127\.0\.0\.1/)
  const [own] = await sessionsOf(browser)
  assert.deepEqual([own?.id, own?.current], [second?.id, true])
})

test('one device is logged out by its id, and nobody else’s is found (S-19)', async (t) => {
  const site = await startAccounts(t)
  const [browser, other, bert] = [await site.member(), site.browser(), await site.member(BERT)]
  await logIn(other)
  const [bertsSession] = await sessionsOf(bert)
  const unknown = await browser.post('/account/sessions/nothing/revoke')
  assert.equal(unknown.status, 404)
  assert.deepEqual(
    answer(await browser.post(`/account/sessions/${bertsSession?.id}/revoke`)),
    answer(unknown),
  )
  const others = (await sessionsOf(browser)).filter(({ current }) => !current)
  assert.equal((await browser.post(`/account/sessions/${others[0]?.id}/revoke`)).status, 200)
  assert.deepEqual(
    [await isLoggedIn(browser), await isLoggedIn(other), await isLoggedIn(bert)],
    [true, false, true],
  )
})

test('all other devices are logged out at once, or all', async (t) => {
  const site = await startAccounts(t)
  const [browser, ...others] = [await site.member(), site.browser(), site.browser()]
  for (const other of others) await logIn(other)
  assert.deepEqual(answer(await browser.post('/account/sessions/revoke-others')), [200, { revoked: 2 }])
  for (const other of others) assert.equal(await isLoggedIn(other), false)
  assert.equal(await isLoggedIn(browser), true)
  assert.equal((await browser.post('/account/sessions/revoke-all')).status, 200)
  assert.equal(await isLoggedIn(browser), false)
})

test('a device has the name that its user gave it', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  const [own] = await sessionsOf(browser)
  const rename = (name: unknown) => browser.post(`/account/sessions/${own?.id}/name`, { name })
  assert.equal((await rename('kitchen tablet')).status, 200)
  assert.equal((await sessionsOf(browser))[0]?.device, 'kitchen tablet')
  for (const name of ['x'.repeat(65), 'a\nb', '\ud800', 7, null])
    assert.equal((await rename(name)).status, 400)
  assert.equal((await browser.post('/account/sessions/nothing/name', { name: 'x' })).status, 404)
})

test('the timeline tells what happened, the newest first, and strangers cannot push it out (F-05)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  for (let tries = 0; tries < 3; tries++)
    await logIn(site.browser(), { email: 'anna@example.test', password: 'wrong wrong wrong' })
  await site.auth.settled()
  await browser.post('/logout')
  await logIn(browser)
  await site.auth.settled()
  const events = await eventsOf(browser)
  assert.deepEqual(
    events.map(({ type, count }) => `${type} ${count}`),
    ['login 1', 'logout 1', 'login_failed 3', 'signup 1'],
  )
})

test('a login from a new device is told by mail, once, and ends no session', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  const phone = site.browser()
  await logIn(phone)
  await logIn(phone)
  const mails = (await site.mails()).filter(({ subject }) => /New login/.test(subject))
  assert.equal(mails.length, 1)
  assert.equal(await isLoggedIn(browser), true)
})

test('what the user is told also goes to the application’s listener, without a secret (F-05)', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  await browser.post('/logout')
  await logIn(browser, { email: 'anna@example.test', password: 'wrong wrong wrong' })
  const activities = site.events.flatMap((event) =>
    event.type === 'account.activity' ? [event.activity] : [],
  )
  assert.deepEqual(activities, ['signup', 'logout', 'login_failed'])
})
