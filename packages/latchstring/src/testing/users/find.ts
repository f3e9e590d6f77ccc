import assert from 'node:assert/strict'
import { aNewUser, created, NOW, same, type UsersContractCase } from './case.ts'

export const findCases: readonly UsersContractCase[] = [
  {
    name: 'find: an id, an email and a username that nobody has are null',
    run: async (users) => {
      const { id } = await created(users)
      await users.remove(id)
      await created(users, aNewUser('other@example.com'))
      assert.equal(await users.find(id), null)
      assert.equal(await users.findByEmail('ann@example.com'), null)
      assert.equal(await users.findByUsername('ann'), null)
    },
  },
  {
    name: 'find: a user comes back as it was told, with exactly its eight fields, by id, email and username',
    run: async (users, other) => {
      const user = await created(users, aNewUser('ann@example.com', { username: same('ann') }))
      const { id, credentialVersion, ...rest } = user
      assert.deepEqual(rest, {
        email: 'ann@example.com',
        username: 'ann',
        emailVerifiedAt: null,
        passwordHash: '$hash$',
        disabledAt: null,
        createdAt: NOW,
      })
      assert.ok(Number.isSafeInteger(credentialVersion))
      for (const each of [users, other]) {
        assert.deepEqual(await each.find(id), user)
        assert.deepEqual(await each.findByEmail('ann@example.com'), user)
        assert.deepEqual(await each.findByUsername('ann'), user)
      }
    },
  },
  {
    name: 'find: goes by the key; the text is what the user sees (E-05)',
    run: async (users) => {
      const email = { text: 'Ann@Example.COM', key: 'ann@example.com' }
      const username = { text: 'Ann', key: 'ann' }
      const user = await created(users, aNewUser('', { email, username }))
      assert.deepEqual([user.email, user.username], ['Ann@Example.COM', 'Ann'])
      assert.deepEqual(await users.findByEmail('ann@example.com'), user)
      assert.deepEqual(await users.findByUsername('ann'), user)
      assert.equal(await users.findByEmail('Ann@Example.COM'), null)
      assert.equal(await users.findByUsername('Ann'), null)
    },
  },
  {
    name: 'find: an email is no username, and a username is no email',
    run: async (users) => {
      const left = await created(users, aNewUser('left', { username: same('right') }))
      const right = await created(users, aNewUser('right', { username: same('left') }))
      assert.deepEqual(await users.findByEmail('left'), left)
      assert.deepEqual(await users.findByUsername('left'), right)
      assert.deepEqual(await users.findByEmail('right'), right)
      assert.deepEqual(await users.findByUsername('right'), left)
    },
  },
  {
    name: 'find: whoever has no username is found by none',
    run: async (users) => {
      await created(users)
      for (const key of ['', 'null', 'undefined', 'NULL', '0']) {
        assert.equal(await users.findByUsername(key), null, JSON.stringify(key))
      }
    },
  },
  {
    name: 'find: parallel calls answer each with its own user',
    run: async (users) => {
      const emails = Array.from({ length: 50 }, (_, index) => `user-${index}@example.com`)
      const all = await Promise.all(emails.map((email) => created(users, aNewUser(email))))
      const found = await Promise.all(emails.toReversed().map((email) => users.findByEmail(email)))
      assert.deepEqual(found, all.toReversed())
      assert.deepEqual(await Promise.all(all.map(({ id }) => users.find(id))), all)
    },
  },
]
