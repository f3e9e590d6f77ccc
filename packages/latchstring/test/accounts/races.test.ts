import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryUsers } from 'latchstring/users/memory'
import type { Users } from '../../src/auth/types.ts'
import type { Store } from '../../src/core/types.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { times } from '../http/client.ts'
import { gate } from '../http/server.ts'
import { ANNA, bound, isLoggedIn, logIn, startAccounts } from './site.ts'

const NEW_PASSWORD = 'a quite different passphrase'
const CHANGE = { currentPassword: ANNA.password, newPassword: NEW_PASSWORD }

/** A store whose next write waits for the test. */
function storeWithPause(): { store: Store; pause(): { reached: Promise<void>; goOn: () => void } } {
  const inner = memoryStore()
  let waiting: ((row: Parameters<Store['write']>[0]) => Promise<void>) | null = null
  const store: Store = {
    read: (key) => inner.read(key),
    list: (userId) => inner.list(userId),
    remove: (keys) => inner.remove(keys),
    purge: (now) => inner.purge(now),
    write: async (row) => {
      await waiting?.(row)
      return inner.write(row)
    },
  }
  const pause = () => {
    const [reached, going] = [gate(), gate()]
    waiting = async ({ userId }) => {
      // The rows of users' sessions belong to nothing but their id.
      if (userId !== '1') return
      waiting = null
      reached.open()
      await going.opened
    }
    return { reached: reached.opened, goOn: going.open }
  }
  return { store, pause }
}

test('a login with the old password that races a change does not outlive it, whenever it is stored', async (t) => {
  const { store, pause } = storeWithPause()
  const site = await startAccounts(t, { store, storeTimeout: '60s' })
  const [owner, thief] = [await site.member(), site.browser()]
  const { reached, goOn } = pause()
  const late = logIn(thief)
  await reached
  assert.equal((await owner.post('/account/password', CHANGE)).status, 200)
  goOn()
  assert.equal((await late).status, 401)
  assert.equal(await isLoggedIn(thief), false)
  assert.equal(await isLoggedIn(owner), true)
})

test('of many logins with the old password that race a change none outlives it', async (t) => {
  const site = await startAccounts(t, { account: { passwords: { waiting: 200 } } })
  const owner = await site.member()
  const thieves = Array.from({ length: 8 }, () => site.browser())
  const [change] = await Promise.all([
    owner.post('/account/password', CHANGE),
    ...thieves.map((thief) => logIn(thief)),
  ])
  assert.equal(change.status, 200)
  for (const thief of thieves) assert.equal(await isLoggedIn(thief), false)
  assert.equal(await isLoggedIn(owner), true)
})

test('of two changes of the password at once one is made, and its password is the one that works', async (t) => {
  const site = await startAccounts(t)
  const [one, other] = [await site.member(), site.browser()]
  await logIn(other)
  const passwords = ['the first of two passphrases', 'the second of two passphrases']
  const statuses = await Promise.all(
    [one, other].map(async (browser, index) => {
      const change = { currentPassword: ANNA.password, newPassword: passwords[index] ?? '' }
      return (await browser.post('/account/password', change)).status
    }),
  )
  const made = statuses.flatMap((status, index) => (status === 200 ? [passwords[index] ?? ''] : []))
  assert.equal(made.length, 1, statuses.join())
  assert.equal((await logIn(site.browser(), { ...ANNA, password: made[0] ?? '' })).status, 200)
})

test('a rehash at login never undoes a change of the password (P-08, T57)', async (t) => {
  const users = memoryUsers()
  const weak = await startAccounts(t, { account: { users } })
  await weak.member()
  const [reached, going] = [gate(), gate()]
  let isArmed = true
  const paused: Users = {
    ...bound(users),
    update: async (id, version, changes) => {
      const isRehash = changes.passwordHash !== undefined && changes.credentialVersion === undefined
      if (isRehash && isArmed) {
        isArmed = false
        reached.open()
        await going.opened
      }
      return users.update(id, version, changes)
    },
  }
  const cost = { memory: 38_912, passes: 2 }
  const site = await startAccounts(t, { account: { users: paused, passwords: { cost } } })
  const login = logIn(site.browser())
  await reached.opened
  const user = await site.user()
  const { credentialVersion } = user
  const changed = { passwordHash: '$changed', credentialVersion: credentialVersion + 1 }
  await users.update(user.id, credentialVersion, changed)
  going.open()
  assert.equal((await login).status, 401)
  assert.equal((await site.user()).passwordHash, '$changed')
})

test('a login upgrades a hash that is weaker than a new one (P-08, T57)', async (t) => {
  const users = memoryUsers()
  await (await startAccounts(t, { account: { users } })).member()
  const site = await startAccounts(t, { account: { users, passwords: { cost: { memory: 38_912 } } } })
  const before = (await site.user()).passwordHash ?? ''
  assert.equal((await logIn(site.browser())).status, 200)
  const after = (await site.user()).passwordHash ?? ''
  assert.match(before, /m=19456,/)
  assert.match(after, /m=38912,/)
  assert.equal((await logIn(site.browser())).status, 200)
})

test('of 50 tries at once at one account 10 are looked at (R-05, T10)', async (t) => {
  const site = await startAccounts(t)
  await site.member()
  const statuses = await times(
    50,
    async () => (await logIn(site.browser(), { ...ANNA, password: 'wrong wrong wrong' })).status,
  )
  assert.equal(statuses.filter((status) => status === 401).length, 10)
  assert.equal(statuses.filter((status) => status === 429).length, 40)
})

/** Users of whom the next call of this kind waits for the test. */
function usersWithPause(method: 'find' | 'update' | 'remove') {
  const users = memoryUsers()
  const [reached, going] = [gate(), gate()]
  let isArmed = false
  const wait = async () => {
    if (!isArmed) return
    isArmed = false
    reached.open()
    await going.opened
  }
  const slow: Pick<Users, typeof method> = {
    find: async (id) => wait().then(() => users.find(id)),
    update: async (...given) => wait().then(() => users.update(...given)),
    remove: async (id) => wait().then(() => users.remove(id)),
  }
  const paused: Users = { ...bound(users), [method]: slow[method] }
  const arm = () => {
    isArmed = true
  }
  return { users: paused, arm, reached: reached.opened, goOn: going.open }
}

test('a login that is stored while the password changes is over when the change is answered (S-20)', async (t) => {
  const { users, arm, reached, goOn } = usersWithPause('update')
  const site = await startAccounts(t, { account: { users } })
  const [owner, thief] = [await site.member(), site.browser()]
  arm()
  const change = owner.post('/account/password', CHANGE)
  await reached
  assert.equal((await logIn(thief)).status, 200)
  goOn()
  assert.equal((await change).status, 200)
  assert.equal(await isLoggedIn(thief), false)
  assert.equal(await isLoggedIn(owner), true)
})

test('a login that is stored while the user is disabled is over when that is done (S-21)', async (t) => {
  const { users, arm, reached, goOn } = usersWithPause('update')
  const site = await startAccounts(t, { account: { users } })
  await site.member()
  const late = site.browser()
  const { id } = await site.user()
  arm()
  const disabling = site.auth.disableUser(id)
  await reached
  assert.equal((await logIn(late)).status, 200)
  goOn()
  await disabling
  assert.equal(await isLoggedIn(late), false)
})

test('a login that is stored while the account is deleted is over when that is answered (S-21)', async (t) => {
  const { users, arm, reached, goOn } = usersWithPause('remove')
  const site = await startAccounts(t, { account: { users } })
  const [owner, late] = [await site.member(), site.browser()]
  arm()
  const deletion = owner.post('/account/delete')
  await reached
  assert.equal((await logIn(late)).status, 200)
  goOn()
  assert.equal((await deletion).status, 200)
  assert.equal(await isLoggedIn(late), false)
})

test('a link that takes an account back does nothing more once it has done that, however late (E-02, E-08)', async (t) => {
  const { users, arm, reached, goOn } = usersWithPause('find')
  const site = await startAccounts(t, { account: { users } })
  await site.member()
  await logIn(site.browser())
  const token = await site.mailedToken(ANNA.email)
  arm()
  const late = site.browser().post('/account/not-me', { token })
  await reached
  assert.equal((await site.browser().post('/account/not-me', { token })).status, 200)
  const reset = { token: await site.mailedToken(ANNA.email), newPassword: NEW_PASSWORD }
  assert.equal((await site.browser().post('/password/reset', reset)).status, 200)
  const owner = site.browser()
  assert.equal((await logIn(owner, { ...ANNA, password: NEW_PASSWORD })).status, 200)
  goOn()
  assert.equal((await late).status, 400)
  assert.equal(await isLoggedIn(owner), true)
  assert.equal((await logIn(site.browser(), { ...ANNA, password: NEW_PASSWORD })).status, 200)
})
