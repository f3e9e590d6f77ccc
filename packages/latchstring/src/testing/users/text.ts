import assert from 'node:assert/strict'
import type { NewUser, User, Users } from '../../auth/types.ts'
import { aNewUser, created, same, type UsersContractCase, userIn } from './case.ts'

/** Keys that a careless comparison takes for one another, or for a part of a statement. */
const HOSTILE = [
  'ann@example.com',
  'Ann@example.com',
  'ANN@EXAMPLE.COM',
  'ann@example.com ',
  ' ann@example.com',
  'ann@example.co',
  'ánn@example.com',
  'a\u0301nn@example.com',
  'änn@example.com',
  'аnn@example.com',
  'ａnn@example.com',
  'ann@exämple.com',
  'ann@examp\u200Ble.com',
  'ann＠example.com',
  'straße@example.com',
  'strasse@example.com',
  'ı@example.com',
  'i@example.com',
  'İ@example.com',
  'K@example.com',
  '\u212A@example.com',
  "' OR '1'='1",
  "'; DROP TABLE latchstring_users; --",
  '"quoted" `backquoted` $$dollars$$ \\ \\\\ \\0 \\x00',
  '? ?1 :name @name $1 %s {0} #{x}',
  '% _ * [a-z] ? ^ \\%',
  'ann@example.com\r\nBcc: bob@example.com',
  'ann@example.com,bob@example.com',
  '😀@example.com 👩‍👩‍👧‍👦 𝒳 \u{10FFFF}',
  '\u2028 \u2029 \uFEFF \uFFFD \uFFFF',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'null',
  'undefined',
  '1e3',
  '1000',
  '0x3e8',
  '',
]

/** No database of ours holds a NUL, and none a lone surrogate. To refuse them is honest, to change them is not. */
const ILL = ['nul\0in the middle', 'nul at the end\0', '\0', 'lone \uD800', '\uDC00 lone', 'lone \uDFFF']

async function keepsOrRefuses(users: Users, user: NewUser): Promise<void> {
  const outcome = await users.create(user).catch(() => null)
  if (outcome === null) return
  const stored = userIn(outcome)
  assert.deepEqual([stored.email, stored.username], [user.email.text, user.username?.text ?? null])
  assert.deepEqual(await users.find(stored.id), stored)
  await users.remove(stored.id)
}

export const textCases: readonly UsersContractCase[] = [
  {
    name: 'text: hostile keys stay distinct, and their texts come back exactly (E-05, F-08)',
    run: async (users, other) => {
      const all: User[] = []
      for (const text of HOSTILE) {
        assert.equal(await users.findByEmail(text), null, JSON.stringify(text))
        assert.equal(await users.findByUsername(text), null, JSON.stringify(text))
        all.push(await created(users, aNewUser(text, { username: same(text), passwordHash: text })))
      }
      for (const [index, text] of HOSTILE.entries()) {
        const user = all[index]
        assert.deepEqual([user?.email, user?.username, user?.passwordHash], [text, text, text])
        assert.deepEqual(await other.findByEmail(text), user, JSON.stringify(text))
        assert.deepEqual(await other.findByUsername(text), user, JSON.stringify(text))
      }
    },
  },
  {
    name: 'text: hostile changes are kept exactly and reach nobody else (F-08)',
    run: async (users) => {
      const bystander = await created(users, aNewUser('somebody', { username: same('somebody') }))
      let user = await created(users, aNewUser('first'))
      for (const text of HOSTILE) {
        const changes = { email: same(text), username: same(text), passwordHash: text }
        const outcome = await users.update(user.id, user.credentialVersion, changes)
        user = { ...user, email: text, username: text, passwordHash: text }
        assert.deepEqual(outcome, { kind: 'updated', user }, JSON.stringify(text))
        assert.deepEqual(await users.findByEmail(text), user)
      }
      assert.deepEqual(await users.find(bystander.id), bystander)
    },
  },
  {
    name: 'text: emails of 254 characters, usernames and hashes as long, come back exactly (E-05)',
    run: async (users) => {
      for (const character of ['a', 'é', '€', '漢']) {
        const text = character.repeat(242).concat('@example.com')
        assert.equal(text.length, 254)
        const user = await created(users, aNewUser(text, { username: same(text), passwordHash: text }))
        assert.deepEqual([user.email, user.username, user.passwordHash], [text, text, text])
        assert.deepEqual(await users.findByEmail(text), user)
        assert.deepEqual(await users.findByUsername(text), user)
        assert.equal(await users.findByEmail(text.slice(0, -1)), null)
      }
    },
  },
  {
    name: 'text: a hash of 500 characters comes back exactly',
    run: async (users) => {
      const passwordHash = '$pbkdf2-sha512$i=210000$'.padEnd(500, 'aB3/+')
      const user = await created(users, aNewUser('ann@example.com', { passwordHash }))
      assert.equal(user.passwordHash, passwordHash)
      assert.deepEqual(await users.find(user.id), user)
    },
  },
  {
    name: 'text: a key that is longer than any is found by nobody, as a new one is kept or refused (F-08)',
    run: async (users) => {
      await created(users, aNewUser('x'.repeat(254), { username: same('x'.repeat(254)) }))
      for (const length of [255, 1_024, 1_025, 100_000]) {
        assert.equal(await users.findByEmail('x'.repeat(length)), null, `${length} characters`)
        assert.equal(await users.findByUsername('x'.repeat(length)), null, `${length} characters`)
        await keepsOrRefuses(users, aNewUser('x'.repeat(length)))
      }
    },
  },
  {
    name: 'text: NUL and lone surrogates are kept exactly or refused, never altered (E-05, F-08)',
    run: async (users) => {
      const replaced = await created(users, aNewUser('lone \uFFFD', { username: same('nul') }))
      for (const text of ILL) {
        assert.equal(await users.findByEmail(text), null, JSON.stringify(text))
        assert.equal(await users.findByUsername(text), null, JSON.stringify(text))
        await keepsOrRefuses(users, aNewUser(text))
        await keepsOrRefuses(users, aNewUser('ann', { username: same(text) }))
        await keepsOrRefuses(users, aNewUser('ann', { email: { text, key: 'ann' } }))
        await keepsOrRefuses(users, aNewUser('ann', { passwordHash: text }))
      }
      assert.deepEqual(await users.find(replaced.id), replaced)
    },
  },
]
