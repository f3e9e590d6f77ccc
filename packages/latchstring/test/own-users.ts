import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { NewUser, UserChanges, Users } from '../src/auth/types.ts'
import { LatchstringError } from '../src/core/errors.ts'
import { aNewUser, created, NOW, same } from '../src/testing/users/case.ts'

/** What no well-formed text of a bounded length is, at least to one database. */
const ILL = ['\uD800', 'lone \uDFFF', '\0', 'nul\0inside', 'x'.repeat(1_025), 'é'.repeat(513)]

function refuses(call: () => Promise<unknown>, message: RegExp): Promise<void> {
  return assert.rejects(call, (error) => {
    assert.ok(error instanceof LatchstringError)
    assert.equal(error.code, 'invalid_argument')
    assert.match(error.message, message)
    return true
  })
}

/** What all our `Users` do alike, beyond the contract. `make` gives an empty database. */
export function testOwnUsers(make: (t: TestContext) => Users | Promise<Users>): void {
  void describe('as all of ours', () => {
    test('gives ids that are whole numbers from 1 up, each above the last, and the credential version 1', async (t) => {
      const users = await make(t)
      const first = await created(users, aNewUser('first'))
      const second = await created(users, aNewUser('second'))
      assert.ok(Number.isSafeInteger(first.id) && Number(first.id) >= 1)
      assert.ok(Number.isSafeInteger(second.id) && second.id > first.id)
      assert.deepEqual([first.credentialVersion, second.credentialVersion], [1, 1])
    })

    test('takes an id as a text or bigint for the same user, and whatever is no id of ours for nobody', async (t) => {
      const users = await make(t)
      const user = await created(users)
      for (const id of [String(user.id), BigInt(user.id)]) assert.deepEqual(await users.find(id), user)
      for (const id of [
        '',
        ' ',
        ` ${user.id}`,
        `0${user.id}`,
        `${user.id}.0`,
        'x',
        -1,
        0,
        0.5,
        NaN,
        2n ** 64n,
      ]) {
        assert.equal(await users.find(id), null, String(id))
        assert.deepEqual(await users.update(id, 1, { passwordHash: null }), { kind: 'changed' })
        assert.equal(await users.remove(id), false)
      }
      assert.equal((await users.update(String(user.id), 1, {})).kind, 'updated')
      assert.equal(await users.remove(BigInt(user.id)), true)
    })

    test('refuses texts that some database would change or cut, and numbers that are not whole', async (t) => {
      const users = await make(t)
      const user = await created(users)
      for (const text of ILL) {
        const wrong: Partial<NewUser>[] = [
          { email: { text, key: 'free' } },
          { email: { text: 'free', key: text } },
          { username: { text, key: 'free' } },
          { username: { text: 'free', key: text } },
          { passwordHash: text },
        ]
        for (const changes of wrong) {
          await refuses(
            () => users.create(aNewUser('free', changes)),
            /texts of a user must be .* 1024 bytes/,
          )
          await refuses(() => users.update(user.id, 1, changes), /texts of a user must be/)
        }
      }
      await refuses(() => users.create(aNewUser('free', { createdAt: 0.5 })), /must be whole numbers/)
      const wrong: UserChanges[] = [
        { credentialVersion: NaN },
        { emailVerifiedAt: 2 ** 53 },
        { disabledAt: -Infinity },
      ]
      for (const changes of wrong)
        await refuses(() => users.update(user.id, 1, changes), /must be whole numbers/)
      assert.deepEqual(await users.find(user.id), user)
      assert.equal(await users.findByEmail('free'), null)
    })

    test('refuses what is neither a text nor a number, without harm to those who ask beside', async (t) => {
      const users = await make(t)
      const { id } = await created(users)
      const beside = users.create(aNewUser('beside'))
      const wrong: readonly unknown[] = [
        { email: { key: 'free' } },
        { email: { text: 'free', key: 5 } },
        { username: { text: 'free' } },
        { passwordHash: {} },
      ]
      for (const changes of wrong) {
        const user = Object.assign({}, aNewUser('free'), changes)
        await refuses(() => users.create(user), /texts of a user must be/)
        await refuses(() => users.update(id, 1, Object.assign({}, changes)), /texts of a user must be/)
      }
      for (const createdAt of [undefined, null, '5'])
        await refuses(() => users.create(Object.assign(aNewUser('free'), { createdAt })), /whole numbers/)
      const versionless: unknown = { credentialVersion: null }
      await refuses(() => users.update(id, 1, Object.assign({}, versionless)), /whole numbers/)
      assert.equal((await beside).kind, 'created')
    })

    test('tells of the email when both the email and the username are taken', async (t) => {
      const users = await make(t)
      await created(users, aNewUser('ann', { username: same('ann') }))
      const bob = await created(users, aNewUser('bob', { username: same('bob') }))
      const taken = { kind: 'taken', field: 'email' }
      for (const username of ['ann', 'bob'])
        assert.deepEqual(await users.create(aNewUser('ann', { username: same(username) })), taken)
      const changes = { email: same('ann'), username: same('ann') }
      assert.deepEqual(await users.update(bob.id, 1, changes), taken)
    })

    test('takes texts of 1,024 bytes', async (t) => {
      const users = await make(t)
      const text = 'é'.repeat(512)
      const user = await created(users, aNewUser(text, { username: same(text), passwordHash: text }))
      assert.deepEqual(await users.findByEmail(text), user)
      assert.deepEqual(await users.findByUsername(text), user)
      assert.deepEqual([user.email, user.username, user.passwordHash], [text, text, text])
    })

    test('keeps what it was told when the caller changes its own objects later', async (t) => {
      const users = await make(t)
      const email = { text: 'Ann', key: 'ann' }
      const told = { email, username: null, passwordHash: '$hash$', createdAt: NOW }
      const user = await created(users, told)
      Object.assign(email, { text: 'Eve', key: 'eve' })
      Object.assign(told, { passwordHash: '$eve$' })
      assert.equal(user.email, 'Ann')
      assert.deepEqual(await users.findByEmail('ann'), user)
      assert.equal(await users.findByEmail('eve'), null)
    })
  })
}
