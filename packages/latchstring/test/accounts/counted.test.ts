import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryUsers } from 'latchstring/users/memory'
import type { Users } from '../../src/auth/types.ts'
import type { Store } from '../../src/core/types.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { Browser } from '../http/client.ts'
import { gate } from '../http/server.ts'
import { type AccountSite, ANNA, BERT, bound, logIn, startAccounts } from './site.ts'

const WRONG = 'not the right passphrase'
const NEW_PASSWORD = 'a quite different passphrase'

type Login = Readonly<Record<string, string>>

/** How many wrong passwords are looked at before one is refused. */
async function room(site: AccountSite, login: Login): Promise<number> {
  for (let count = 0; ; count++) {
    const { status } = await site.browser().post('/login', { ...login, password: WRONG })
    if (status === 429) return count
    assert.equal(status, 401)
  }
}

test('tries at an account are counted together, by its address and by its username (R-05)', async (t) => {
  const site = await startAccounts(t)
  await site.member()
  for (let tries = 0; tries < 3; tries++) {
    await site.browser().post('/login', { username: ANNA.username, password: WRONG })
    await site.browser().post('/login', { email: ANNA.email, password: WRONG })
  }
  assert.equal(await room(site, { email: ANNA.email.toUpperCase() }), 4)
  assert.equal(await room(site, { username: ANNA.username }), 0)
})

test('users of the application’s own that answer to two addresses are counted once (R-05)', async (t) => {
  const users = memoryUsers()
  const findByEmail: Users['findByEmail'] = (key) =>
    users.findByEmail(key === 'alias@example.test' ? ANNA.email : key)
  const site = await startAccounts(t, { account: { users: { ...bound(users), findByEmail } } })
  await site.member()
  for (let tries = 0; tries < 6; tries++)
    await logIn(site.browser(), { email: 'alias@example.test', password: WRONG })
  assert.equal(await room(site, { email: ANNA.email }), 4)
  assert.equal(await room(site, { email: 'alias@example.test' }), 0)
  assert.equal(await room(site, { email: 'nobody@example.test' }), 10, 'nothing else was used up')
})

test('what was tried at an address before its owner signs up is no failure of theirs (R-06)', async (t) => {
  const site = await startAccounts(t, { addRoutes: (app) => void app.set('trust proxy', 1) })
  const tryFrom = (network: number, password: string) =>
    site
      .browser()
      .post('/login', { email: ANNA.email, password }, { 'x-forwarded-for': `203.0.113.${network}` })
  for (let network = 0; network < 10; network++) assert.equal((await tryFrom(network, WRONG)).status, 401)
  assert.equal((await tryFrom(10, WRONG)).status, 429)
  await site.member()
  await site.auth.settled()
  assert.equal((await tryFrom(11, ANNA.password)).status, 200)
})

test('a try that was counted while users do not answer is given back (R-05, F-01)', async (t) => {
  const users = memoryUsers()
  let isDown = false
  const findByEmail: Users['findByEmail'] = (key) =>
    isDown ? Promise.reject(new Error('out of order')) : users.findByEmail(key)
  const site = await startAccounts(t, { account: { users: { ...bound(users), findByEmail } } })
  await site.member()
  isDown = true
  for (let tries = 0; tries < 12; tries++) assert.equal((await logIn(site.browser())).status, 503)
  isDown = false
  assert.equal(await room(site, { email: ANNA.email }), 10)
})

/** A store in which what a login of user 1 leaves, a session and a known browser, waits for the test. */
function storeWithPause() {
  const inner = memoryStore()
  const [reached, going] = [gate(), gate()]
  let isArmed = false
  const write: Store['write'] = async (row) => {
    if (isArmed && (row.userId === '1' || row.userId === 'latchstring/device/1')) {
      reached.open()
      await going.opened
    }
    return inner.write(row)
  }
  const store: Store = {
    read: (key) => inner.read(key),
    write,
    remove: (keys) => inner.remove(keys),
    list: (userId) => inner.list(userId),
    purge: (now) => inner.purge(now),
  }
  const arm = () => {
    isArmed = true
  }
  return { store, arm, reached: reached.opened, goOn: going.open }
}

test('a login with the old password that races a reset leaves no known browser behind (R-06, S-20)', async (t) => {
  const { store, arm, reached, goOn } = storeWithPause()
  const site = await startAccounts(t, { store, storeTimeout: '60s' })
  await site.member()
  await site.browser().post('/password/forgot', { email: ANNA.email })
  const token = await site.mailedToken(ANNA.email)
  const device = 'A'.repeat(43)
  const thief = new Browser(site.origin, [['latchstring-device', device]])
  arm()
  const late = logIn(thief)
  await reached
  const reset = { token, newPassword: NEW_PASSWORD }
  assert.equal((await site.browser().post('/password/reset', reset)).status, 200)
  goOn()
  assert.equal((await late).status, 401)
  await site.auth.settled()
  assert.equal(await room(site, { email: ANNA.email }), 10)
  const again = new Browser(site.origin, [['latchstring-device', device]])
  assert.equal((await logIn(again, { ...ANNA, password: WRONG })).status, 429, 'it is a stranger')
})

test('a made-up token of a browser stores nothing once its network is refused (R-05)', async (t) => {
  const store = memoryStore()
  const keys = new Set<string>()
  const write: Store['write'] = (row) => {
    keys.add(row.key)
    return store.write(row)
  }
  const watched: Store = {
    read: (key) => store.read(key),
    write,
    remove: (given) => store.remove(given),
    list: (userId) => store.list(userId),
    purge: (now) => store.purge(now),
  }
  const site = await startAccounts(t, { store: watched })
  await site.member()
  await room(site, { email: BERT.email })
  await site.auth.settled()
  keys.clear()
  for (let index = 0; index < 20; index++) {
    const madeUp = new Browser(site.origin, [['latchstring-device', String(index).padStart(43, 'x')]])
    assert.equal((await logIn(madeUp, { ...BERT, password: WRONG })).status, 429)
  }
  await site.auth.settled()
  assert.deepEqual([...keys], [])
})
