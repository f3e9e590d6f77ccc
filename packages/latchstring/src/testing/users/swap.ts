import assert from 'node:assert/strict'
import type { User, Users } from '../../auth/types.ts'
import { aNewUser, created, inTurns, same, tally, type UsersContractCase } from './case.ts'

async function assertChanged(users: Users, user: User, version: number): Promise<void> {
  const changes = { passwordHash: '$late$', email: same('late@example.com'), credentialVersion: 9 }
  const outcome = await users.update(user.id, version, changes)
  assert.deepEqual(outcome, { kind: 'changed' }, `version ${version} over ${user.credentialVersion}`)
  assert.equal(await users.findByEmail('late@example.com'), null)
}

/** Moves on from the version that is stored, as often as it takes. */
async function increment(users: Users, id: User['id']): Promise<void> {
  for (let tries = 0; tries < 1_000; tries++) {
    const user = await users.find(id)
    assert.ok(user)
    const credentialVersion = user.credentialVersion + 1
    const passwordHash = String(Number(user.passwordHash) + 1)
    const outcome = await users.update(id, user.credentialVersion, { passwordHash, credentialVersion })
    if (outcome.kind === 'updated') return
  }
  assert.fail('1,000 updates in a row were refused')
}

export const swapCases: readonly UsersContractCase[] = [
  {
    name: 'update: on another credential version than the stored one is refused and changes nothing',
    run: async (users, other) => {
      const first = await created(users)
      const second = { ...first, credentialVersion: first.credentialVersion + 1, passwordHash: '$new$' }
      const { credentialVersion, passwordHash } = second
      await users.update(first.id, first.credentialVersion, { credentialVersion, passwordHash })
      const wrong = [
        first.credentialVersion,
        credentialVersion + 1,
        credentialVersion + 2 ** 32,
        -1,
        0.5,
        NaN,
      ]
      for (const version of wrong) await assertChanged(other, second, version)
      assert.deepEqual(await users.find(first.id), second)
    },
  },
  {
    name: 'update: of a user who was removed is refused and brings nobody back',
    run: async (users, other) => {
      const user = await created(users)
      await users.remove(user.id)
      await assertChanged(other, user, user.credentialVersion)
      assert.equal(await users.find(user.id), null)
      assert.equal(await users.findByEmail('ann@example.com'), null)
    },
  },
  {
    name: 'update: of 100 parallel updates of one version exactly one is told updated, and it is stored (F-09)',
    run: async (users, other) => {
      const { id, credentialVersion } = await created(users)
      const next = credentialVersion + 1
      const outcomes = await inTurns([users, other], 100, (each, index) =>
        each.update(id, credentialVersion, { passwordHash: `$${index}$`, credentialVersion: next }),
      )
      assert.deepEqual(tally(outcomes), { updated: 1, changed: 99 })
      const winner = outcomes.find(({ kind }) => kind === 'updated')
      assert.deepEqual({ kind: 'updated', user: await users.find(id) }, winner)
    },
  },
  {
    name: 'update: 50 parallel increments by compare-and-swap are all there (F-09)',
    run: async (users, other) => {
      const user = await created(users, aNewUser('ann@example.com', { passwordHash: '0' }))
      await inTurns([users, other], 50, (each) => increment(each, user.id))
      const credentialVersion = user.credentialVersion + 50
      assert.deepEqual(await users.find(user.id), { ...user, passwordHash: '50', credentialVersion })
    },
  },
  {
    name: 'update: parallel updates of different fields that do not move the version are all there (F-09)',
    run: async (users, other) => {
      for (let round = 0; round < 10; round++) {
        const user = await created(users, aNewUser(`${round}@example.com`))
        const changes = [
          { emailVerifiedAt: 1 },
          { passwordHash: '$new$' },
          { disabledAt: 2 },
          { username: same(`${round}`) },
        ]
        const outcomes = await inTurns([users, other], 4, (each, index) =>
          each.update(user.id, user.credentialVersion, changes[index] ?? {}),
        )
        assert.deepEqual(tally(outcomes), { updated: 4 })
        const after = {
          ...user,
          emailVerifiedAt: 1,
          passwordHash: '$new$',
          disabledAt: 2,
          username: `${round}`,
        }
        assert.deepEqual(await users.find(user.id), after)
      }
    },
  },
  {
    name: 'update: of 50 users who change to one email at once exactly one gets it (E-05, F-09)',
    run: async (users, other) => {
      const all = await inTurns([users, other], 50, (each, index) =>
        created(each, aNewUser(`user-${index}@example.com`)),
      )
      const outcomes = await inTurns([users, other], 50, (each, index) => {
        const { id = 0, credentialVersion = 0 } = all[index] ?? {}
        const email = { text: `Wanted by ${index}`, key: 'wanted' }
        return each.update(id, credentialVersion, { email, credentialVersion: credentialVersion + 1 })
      })
      assert.deepEqual(tally(outcomes), { updated: 1, 'taken email': 49 })
      const after = await Promise.all(all.map(({ id }) => users.find(id)))
      const moved = after.filter((user, index) => user?.email !== all[index]?.email)
      assert.deepEqual(moved, [await users.findByEmail('wanted')])
    },
  },
  {
    name: 'update: a sign-up and a change to one email at once: exactly one gets it, in 30 races (E-05, F-09)',
    run: async (users, other) => {
      for (let round = 0; round < 30; round++) {
        const user = await created(users, aNewUser(`old-${round}`))
        const email = same(`new-${round}`)
        const change = () => users.update(user.id, user.credentialVersion, { email })
        const signUp = () => other.create(aNewUser(email.text))
        const calls = round % 2 === 0 ? [change, signUp] : [signUp, change]
        const outcomes = await Promise.all(calls.map((call) => call()))
        assert.equal(tally(outcomes)['taken email'], 1)
        const holder = await users.findByEmail(email.text)
        assert.equal(
          holder?.id === user.id,
          outcomes.some(({ kind }) => kind === 'updated'),
        )
      }
    },
  },
  {
    name: 'update: two users who want each other’s username at once are both told that it is taken (F-09)',
    run: async (users, other) => {
      const left = await created(users, aNewUser('left', { username: same('left') }))
      const right = await created(users, aNewUser('right', { username: same('right') }))
      const clash = await Promise.all([
        users.update(left.id, left.credentialVersion, { username: same('right') }),
        other.update(right.id, right.credentialVersion, { username: same('left') }),
      ])
      assert.deepEqual(tally(clash), { 'taken username': 2 })
      await users.update(left.id, left.credentialVersion, { username: null })
      const moved = await other.update(right.id, right.credentialVersion, { username: same('left') })
      assert.deepEqual(moved, { kind: 'updated', user: { ...right, username: 'left' } })
    },
  },
]
