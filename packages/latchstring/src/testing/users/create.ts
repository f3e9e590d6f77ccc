import assert from 'node:assert/strict'
import { aNewUser, created, inTurns, NOW, same, tally, type UsersContractCase, userIn } from './case.ts'

export const createCases: readonly UsersContractCase[] = [
  {
    name: 'create: a user without a password and without a username has null for both',
    run: async (users) => {
      const user = await created(users, aNewUser('ann@example.com', { passwordHash: null }))
      assert.deepEqual([user.passwordHash, user.username], [null, null])
      assert.deepEqual(await users.find(user.id), user)
    },
  },
  {
    name: 'create: any number of users may be without a username',
    run: async (users) => {
      for (let index = 0; index < 5; index++) await created(users, aNewUser(`user-${index}@example.com`))
    },
  },
  {
    name: 'create: times come back as numbers, from the first moment to the last that a date can hold',
    run: async (users) => {
      for (const createdAt of [0, 1, 2 ** 31, 2 ** 32 + 1, NOW, 8.64e15]) {
        const user = await created(users, aNewUser(`${createdAt}@example.com`, { createdAt }))
        assert.deepEqual(await users.find(user.id), { ...user, createdAt })
      }
    },
  },
  {
    name: 'create: an email that is taken is told and stores nothing, whatever its spelling (E-05)',
    run: async (users, other) => {
      const first = await created(users)
      const again = aNewUser('ann@example.com', { username: same('free'), passwordHash: '$theirs$' })
      const respelled = { ...again, email: { text: 'ANN@example.com', key: 'ann@example.com' } }
      for (const user of [again, respelled, aNewUser()]) {
        assert.deepEqual(await other.create(user), { kind: 'taken', field: 'email' })
      }
      assert.deepEqual(await users.findByEmail('ann@example.com'), first)
      assert.equal(await users.findByUsername('free'), null)
    },
  },
  {
    name: 'create: a username that is taken is told and stores nothing, whatever its spelling',
    run: async (users, other) => {
      const first = await created(users, aNewUser('ann@example.com', { username: same('ann') }))
      for (const text of ['ann', 'Ann']) {
        const again = aNewUser('free@example.com', { username: { text, key: 'ann' } })
        assert.deepEqual(await other.create(again), { kind: 'taken', field: 'username' })
      }
      assert.deepEqual(await users.findByUsername('ann'), first)
      assert.equal(await users.findByEmail('free@example.com'), null)
    },
  },
  {
    name: 'create: when both are taken, one of them is told and nothing is stored',
    run: async (users) => {
      const ann = await created(users, aNewUser('ann@example.com', { username: same('ann') }))
      const bob = await created(users, aNewUser('bob@example.com', { username: same('bob') }))
      for (const username of ['ann', 'bob']) {
        const outcome = await users.create(aNewUser('ann@example.com', { username: same(username) }))
        assert.equal(outcome.kind, 'taken')
      }
      assert.deepEqual(await users.findByEmail('ann@example.com'), ann)
      assert.deepEqual(await users.findByUsername('bob'), bob)
    },
  },
  {
    name: 'create: of 100 parallel creates of one email in many spellings exactly one is created (E-05, F-09)',
    run: async (users, other) => {
      const spellings = Array.from({ length: 100 }, (_, index) => ({
        text: `ann@example.com${' '.repeat(index)}`,
        key: 'ann@example.com',
      }))
      const outcomes = await inTurns([users, other], 100, (each, index) => {
        const email = spellings[index] ?? same('')
        return each.create(aNewUser('', { email, username: same(`user ${index}`), passwordHash: `${index}` }))
      })
      assert.deepEqual(tally(outcomes), { created: 1, 'taken email': 99 })
      const winner = outcomes.find(({ kind }) => kind === 'created')
      assert.deepEqual({ kind: 'created', user: await users.findByEmail('ann@example.com') }, winner)
      const found = await inTurns([users, other], 100, (each, index) => each.findByUsername(`user ${index}`))
      assert.equal(found.filter((user) => user !== null).length, 1, 'a loser must leave nothing behind')
    },
  },
  {
    name: 'create: of 100 parallel creates of one username exactly one is created (F-09)',
    run: async (users, other) => {
      const outcomes = await inTurns([users, other], 100, (each, index) =>
        each.create(aNewUser(`user-${index}@example.com`, { username: same('ann') })),
      )
      assert.deepEqual(tally(outcomes), { created: 1, 'taken username': 99 })
      const emails = Array.from({ length: 100 }, (_, index) => `user-${index}@example.com`)
      const found = await Promise.all(emails.map((email) => users.findByEmail(email)))
      const [winner] = outcomes.flatMap((outcome) => (outcome.kind === 'created' ? [outcome.user] : []))
      assert.deepEqual(
        found.filter((user) => user !== null),
        [winner],
      )
    },
  },
  {
    name: 'create: 100 parallel creates of different users have ids of their own (F-09)',
    run: async (users, other) => {
      const outcomes = await inTurns([users, other], 100, (each, index) =>
        each.create(aNewUser(`user-${index}@example.com`, { username: same(`user ${index}`) })),
      )
      const all = outcomes.map(userIn)
      assert.equal(new Set(all.map(({ id }) => String(id))).size, 100)
      assert.deepEqual(await Promise.all(all.map(({ id }) => other.find(id))), all)
    },
  },
]
