import assert from 'node:assert/strict'
import { test } from 'node:test'
import bcrypt from 'bcryptjs'
import type { User, Users } from 'latchstring/accounts'
import { memoryUsers } from 'latchstring/users/memory'
import { accountsWithKeys, accountsWithOldHashes, moveUsers } from '../../../../docs/examples/passwords.ts'
import { ANNA, BERT, logIn, startAccounts } from '../accounts/site.ts'
import { Browser } from '../http/client.ts'
import { listen, newApp, testAuth } from '../http/server.ts'

async function userOf(users: Users, email: string): Promise<User> {
  const user = await users.findByEmail(email)
  assert.ok(user !== null)
  return user
}

test('the program of docs/passwords.md moves users, who log in as before and get a new hash', async (t) => {
  const users = memoryUsers()
  const hash = await bcrypt.hash(ANNA.password, 4)
  const anna = { email: ANNA.email, isVerified: true, hash }
  const bert = { email: BERT.email, isVerified: false, hash }
  const nobody = { email: 'nobody', isVerified: false, hash }
  assert.deepEqual(await moveUsers(users, [anna, bert, nobody, anna]), [nobody, anna])
  assert.ok((await userOf(users, ANNA.email)).emailVerifiedAt !== null)
  assert.equal((await userOf(users, BERT.email)).emailVerifiedAt, null)

  const { auth } = testAuth(t, { accounts: accountsWithOldHashes(users) })
  const browser = new Browser(await listen(t, newApp().use(auth.routes())))
  assert.equal((await logIn(browser, { ...ANNA, password: 'wrong wrong wrong' })).status, 401)
  assert.equal((await userOf(users, ANNA.email)).passwordHash, hash)
  assert.equal((await logIn(browser)).status, 200)
  const { passwordHash } = await userOf(users, ANNA.email)
  assert.match(passwordHash ?? '', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  assert.equal((await logIn(browser)).status, 200)
})

test('the program of docs/passwords.md keeps passwords that are worth nothing without its keys', async (t) => {
  const users = memoryUsers()
  const startWith = async (...keys: string[]) => {
    const { auth } = testAuth(t, { accounts: accountsWithKeys(users, keys) })
    return new Browser(await listen(t, newApp().use(auth.routes())))
  }
  const [old, newest] = ['k'.repeat(32), 'n'.repeat(32)]
  assert.equal((await (await startWith(old)).post('/signup', ANNA)).status, 201)
  assert.match((await userOf(users, ANNA.email)).passwordHash ?? '', /,p=1,keyid=[\w+/]{8}\$/)
  assert.equal((await logIn(await startWith(newest))).status, 401)
  assert.equal((await logIn(await startWith(newest, old))).status, 200)
  assert.equal((await logIn(await startWith(newest))).status, 200)
})

test('without the library a bcrypt hash is an error of the server and not a wrong password', async (t) => {
  const users = memoryUsers()
  const hash = await bcrypt.hash(ANNA.password, 4)
  await moveUsers(users, [{ email: ANNA.email, isVerified: true, hash }])
  const site = await startAccounts(t, { account: { users } })
  assert.equal((await logIn(site.browser())).status, 500)
})
