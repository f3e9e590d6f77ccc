import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorWith } from '../../test/support.ts'
import { restoreUserId, userIdText } from './user.ts'

test('a user id keeps its type through its text', () => {
  for (const [id, type] of [
    ['a-1', 'string'],
    [42, 'number'],
    [2n ** 70n, 'bigint'],
  ] as const) {
    assert.equal(restoreUserId(userIdText(id), type), id)
  }
})

test('F-08: what does not identify one user in every store is refused, with a way out', () => {
  const others = [
    '',
    'x'.repeat(256),
    'a\0b',
    '\ud800',
    'latchstring/device/ann',
    1.5,
    Number.NaN,
    null,
    undefined,
    true,
    {},
    [1],
    Symbol('x'),
  ]
  for (const id of others)
    assert.throws(() => userIdText(id), errorWith('invalid_argument', /String\(user\._id\)/))
})
