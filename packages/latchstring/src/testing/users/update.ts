import assert from 'node:assert/strict'
import type { User, UserChanges, Users } from '../../auth/types.ts'
import { aNewUser, created, NOW, same, type UsersContractCase } from './case.ts'

/** Changes the user, and checks that it is told and found as it should be now. */
async function updated(users: Users, before: User, changes: UserChanges, after: User): Promise<User> {
  const outcome = await users.update(before.id, before.credentialVersion, changes)
  assert.deepEqual(outcome, { kind: 'updated', user: after })
  assert.deepEqual(await users.find(before.id), after)
  return after
}

/** Fields that have the same name and value in a user and in its changes. */
type Plain = Partial<Pick<User, 'emailVerifiedAt' | 'passwordHash' | 'disabledAt' | 'credentialVersion'>>

const EACH: readonly Plain[] = [
  { emailVerifiedAt: 8.64e15 },
  { emailVerifiedAt: null },
  { passwordHash: '$other$' },
  { passwordHash: null },
  { disabledAt: 0 },
  { disabledAt: null },
  { credentialVersion: 2 ** 40 },
  { emailVerifiedAt: 1, passwordHash: '$all$', disabledAt: 2, credentialVersion: 2 ** 40 + 1 },
]

/** A user who has everything, so that a change of one field shows in another. */
async function fullUser(users: Users): Promise<User> {
  const user = await created(users, aNewUser('ann@example.com', { username: same('ann') }))
  const changes = { emailVerifiedAt: NOW + 1, disabledAt: NOW + 2 }
  return updated(users, user, changes, { ...user, ...changes })
}

async function assertTaken(users: Users, user: User, changes: UserChanges, field: string): Promise<void> {
  const everything = { ...changes, passwordHash: '$late$', credentialVersion: user.credentialVersion + 1 }
  assert.deepEqual(await users.update(user.id, user.credentialVersion, everything), { kind: 'taken', field })
  assert.deepEqual(await users.find(user.id), user, 'nothing else of the change may be stored')
}

export const updateCases: readonly UsersContractCase[] = [
  {
    name: 'update: changes the fields that are named and leaves the others, and other users, alone',
    run: async (users, other) => {
      const bystander = await created(users, aNewUser('other@example.com', { username: same('other') }))
      let user = await fullUser(users)
      for (const changes of EACH) user = await updated(other, user, changes, { ...user, ...changes })
      assert.deepEqual(await users.find(bystander.id), bystander)
    },
  },
  {
    name: 'update: that names nothing, or what is so already, is an update too',
    run: async (users) => {
      const user = await fullUser(users)
      const { emailVerifiedAt, passwordHash, disabledAt, credentialVersion } = user
      await updated(users, user, {}, user)
      const again = { emailVerifiedAt, passwordHash, disabledAt, credentialVersion }
      await updated(users, user, again, user)
      await updated(users, user, { email: same('ann@example.com'), username: same('ann') }, user)
    },
  },
  {
    name: 'update: a new email finds the user, and the old one is free at once (E-05)',
    run: async (users, other) => {
      const user = await fullUser(users)
      const email = { text: 'New@Example.com', key: 'new@example.com' }
      const after = await updated(users, user, { email }, { ...user, email: email.text })
      assert.deepEqual(await other.findByEmail('new@example.com'), after)
      assert.equal(await other.findByEmail('ann@example.com'), null)
      await created(other)
    },
  },
  {
    name: 'update: a username may come, be spelled anew, and go, and is free then',
    run: async (users, other) => {
      const nameless = await created(users)
      const named = await updated(
        users,
        nameless,
        { username: same('ann') },
        { ...nameless, username: 'ann' },
      )
      const username = { text: 'Ann', key: 'ann' }
      const respelled = await updated(other, named, { username }, { ...named, username: 'Ann' })
      assert.deepEqual(await users.findByUsername('ann'), respelled)
      await updated(users, respelled, { username: null }, nameless)
      assert.equal(await other.findByUsername('ann'), null)
      await created(other, aNewUser('other@example.com', { username: same('ann') }))
    },
  },
  {
    name: 'update: an email or username that is taken is told, and nothing is changed (E-05)',
    run: async (users, other) => {
      const user = await fullUser(users)
      await created(users, aNewUser('bob@example.com', { username: same('bob') }))
      const email = { text: 'BOB@example.com', key: 'bob@example.com' }
      const username = { text: 'BOB', key: 'bob' }
      await assertTaken(other, user, { email }, 'email')
      await assertTaken(other, user, { username }, 'username')
      await assertTaken(other, user, { email, username: same('free') }, 'email')
      await assertTaken(other, user, { email: same('free@example.com'), username }, 'username')
      assert.equal(await users.findByEmail('free@example.com'), null)
      assert.equal(await users.findByUsername('free'), null)
    },
  },
]
