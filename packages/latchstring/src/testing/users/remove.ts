import assert from 'node:assert/strict'
import type { Users } from '../../auth/types.ts'
import { aNewUser, countOf, created, inTurns, same, type UsersContractCase } from './case.ts'

/** A change that is on its way while the user is removed. */
async function raceOf(users: Users, other: Users, round: number): Promise<void> {
  const user = await created(users, aNewUser(`${round}@example.com`, { username: same(`${round}`) }))
  const change = () =>
    other.update(user.id, user.credentialVersion, { email: same(`late ${round}`), username: same('late') })
  const removal = () => users.remove(user.id)
  const calls: (() => Promise<unknown>)[] = round % 2 === 0 ? [change, removal] : [removal, change]
  await Promise.all(calls.map((call) => call()))
  assert.deepEqual(await change(), { kind: 'changed' }, `round ${round}`)
  assert.equal(await users.find(user.id), null, `round ${round}: the user came back`)
  for (const email of [`${round}@example.com`, `late ${round}`])
    assert.equal(await other.findByEmail(email), null, `round ${round}: ${email} is still there`)
  assert.equal(await other.findByUsername('late'), null)
}

export const removeCases: readonly UsersContractCase[] = [
  {
    name: 'remove: tells whether the user was there, and removes nobody else',
    run: async (users, other) => {
      const user = await created(users, aNewUser('ann@example.com', { username: same('ann') }))
      const bystander = await created(users, aNewUser('other@example.com'))
      assert.equal(await other.remove(user.id), true)
      assert.equal(await users.remove(user.id), false)
      assert.equal(await users.find(user.id), null)
      assert.equal(await users.findByEmail('ann@example.com'), null)
      assert.equal(await users.findByUsername('ann'), null)
      assert.deepEqual(await users.find(bystander.id), bystander)
    },
  },
  {
    name: 'remove: the email and the username are free at once, and whoever takes them is somebody else',
    run: async (users, other) => {
      const user = aNewUser('ann@example.com', { username: same('ann') })
      const ids = new Set<string>()
      for (let round = 0; round < 20; round++) {
        const { id } = await created(users, user)
        ids.add(String(id))
        assert.equal(await other.remove(id), true)
      }
      assert.equal(ids.size, 20, 'the id of a user who was removed was given to another one')
    },
  },
  {
    name: 'remove: of 100 parallel callers exactly one is told true (F-09)',
    run: async (users, other) => {
      const { id } = await created(users)
      const told = await inTurns([users, other], 100, (each) => each.remove(id))
      assert.equal(countOf(told, true), 1)
      assert.equal(countOf(told, false), 99)
    },
  },
  {
    name: 'remove: no update brings back a user whose removal was acknowledged, in 50 races (F-09)',
    run: async (users, other) => {
      for (let round = 0; round < 50; round++) await raceOf(users, other, round)
    },
  },
  {
    name: 'remove: sign-ups for an email that is freed meanwhile are told created or taken, never both at once (F-09)',
    run: async (users, other) => {
      for (let round = 0; round < 10; round++) {
        const { id } = await created(users, aNewUser(`${round}`))
        const removal = users.remove(id)
        const outcomes = await inTurns([other, users], 10, (each) => each.create(aNewUser(`${round}`)))
        assert.equal(await removal, true)
        const winners = outcomes.flatMap((outcome) => (outcome.kind === 'created' ? [outcome.user] : []))
        assert.ok(winners.length <= 1)
        assert.deepEqual(await users.findByEmail(`${round}`), winners[0] ?? null)
      }
    },
  },
]
