import assert from 'node:assert/strict'
import { test } from 'node:test'
import { devices } from '../../../../docs/examples/devices.ts'
import { ANNA, isLoggedIn, logIn, startAccounts } from '../accounts/site.ts'
import { answer, Browser, json } from '../http/client.ts'
import { createApp, listen, testAuth } from '../http/server.ts'

const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) Safari/604.1'

interface Listed {
  readonly id: string
  readonly isThisOne: boolean
  readonly userAgent: string | null
}

async function listed(browser: Browser): Promise<readonly Listed[]> {
  const sessions: Listed[] = Object(json(await browser.get('/devices')))
  return sessions
}

test('the program of docs/devices.md lists devices and logs them out, without our accounts', async (t) => {
  const { auth } = testAuth(t)
  const origin = await listen(
    t,
    createApp(auth, (app) => app.use('/devices', devices(auth))),
  )
  const [browser, phone, tablet, stranger] = Array.from({ length: 4 }, () => new Browser(origin))
  assert.ok(browser && phone && tablet && stranger)
  await browser.post('/login')
  await phone.post('/login', {}, { 'user-agent': PHONE })
  await tablet.post('/login')
  await stranger.post('/login', { id: 'bert' })

  const sessions = await listed(browser)
  assert.deepEqual([sessions.length, sessions.filter(({ isThisOne }) => isThisOne).length], [3, 1])
  const id = sessions.find(({ userAgent }) => userAgent === PHONE)?.id
  assert.equal((await stranger.post(`/devices/${id}/log-out`)).status, 404)
  assert.equal((await browser.post(`/devices/${id}/log-out`)).status, 200)
  assert.equal(await isLoggedIn(phone), false)
  assert.deepEqual(answer(await browser.post('/devices/log-out-others')), [200, { count: 1 }])
  assert.deepEqual(
    [await isLoggedIn(browser), await isLoggedIn(tablet), await isLoggedIn(stranger)],
    [true, false, true],
  )
  assert.equal((await tablet.get('/devices')).status, 401)
})

test('a session goes on from another network and with another browser version', async (t) => {
  const site = await startAccounts(t, { addRoutes: (app) => void app.set('trust proxy', 1) })
  const browser = await site.member()
  const elsewhere = { 'x-forwarded-for': '203.0.113.9', 'user-agent': PHONE }
  assert.equal((await browser.get('/protected', elsewhere)).status, 200)
  assert.equal(await isLoggedIn(browser), true)
})

test('the first login tells nobody of a new device, and a browser that is known does not either', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  await browser.post('/logout')
  await logIn(browser)
  const notices = async () => (await site.mails()).filter(({ subject }) => /New login/.test(subject)).length
  assert.equal(await notices(), 0)
  await logIn(site.browser())
  assert.equal(await notices(), 1)
})

test('the notice of a new device names it, and shows no whole address', async (t) => {
  const site = await startAccounts(t)
  await site.member()
  const login = { email: ANNA.email, password: ANNA.password }
  await site.browser().post('/login', login, { 'user-agent': PHONE })
  const mail = (await site.mails()).at(-1)
  assert.match(mail?.text ?? '', /^Device: Safari on iPhone\nIP address: 127\.0\.0\.x\nTime: .* UTC$/m)
})

test('an empty name takes the name of a device away', async (t) => {
  const browser = await (await startAccounts(t)).member()
  const { sessions: [session] = [] }: { sessions?: { id: string; device: string }[] } = Object(
    json(await browser.get('/account/sessions', { 'user-agent': PHONE })),
  )
  const rename = (name: string) => browser.post(`/account/sessions/${session?.id}/name`, { name })
  await rename('kitchen tablet')
  assert.match((await browser.get('/account/sessions')).body, /kitchen tablet/)
  await rename(' ')
  assert.doesNotMatch((await browser.get('/account/sessions')).body, /kitchen tablet/)
})

test('that a user was disabled or enabled is told to the application and not to the user', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  await site.auth.disableUser(1)
  await site.auth.enableUser(1)
  await logIn(browser)
  await site.auth.settled()
  assert.doesNotMatch((await browser.get('/account/activity')).body, /account_/)
  const activities = site.events.flatMap((event) =>
    event.type === 'account.activity' ? [event.activity] : [],
  )
  assert.deepEqual(activities, ['signup', 'account_disabled', 'account_enabled', 'login'])
})
