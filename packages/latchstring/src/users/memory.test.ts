import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testOwnUsers } from '../../test/own-users.ts'
import { created } from '../testing/users/case.ts'
import { testUsers } from '../testing/usersContract.ts'
import { memoryUsers } from './memory.ts'

testUsers(
  () => {
    const users = memoryUsers()
    return [users, users]
  },
  { name: 'memoryUsers keeps the users contract' },
)

testOwnUsers(() => memoryUsers())

test('memoryUsers hands out users that nobody can change', async () => {
  const users = memoryUsers()
  const user = await created(users)
  assert.throws(() => Object.assign(user, { disabledAt: null }), TypeError)
  const outcome = await users.update(user.id, 1, { disabledAt: 1 })
  assert.ok(outcome.kind === 'updated')
  assert.throws(() => Object.assign(outcome.user, { disabledAt: null }), TypeError)
})
