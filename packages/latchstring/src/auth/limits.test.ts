import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BACKOFF, bucketOf, CODE_ATTEMPTS, LIMITS } from './limits.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

test('the limits are those of the requirements (R-05, R-06, R-09, R-10)', () => {
  const limits = Object.values(LIMITS).map(({ name, max, window }) => [name, max, window])
  assert.deepEqual(limits, [
    ['login', 10, 15 * MINUTE],
    ['login_address', 100, HOUR],
    ['known_device', 10, 15 * MINUTE],
    ['reauthentication', 10, 15 * MINUTE],
    ['sign_up', 100, HOUR],
    ['mail_recipient', 3, HOUR],
    ['mail_client', 10, HOUR],
    ['mail_total', 1_000, HOUR],
  ])
  assert.deepEqual(BACKOFF, { free: 10, max: 100, firstDelay: 1_000, longestDelay: HOUR })
  assert.equal(CODE_ATTEMPTS, 5)
})

test('no two subjects are one, however they are cut (R-05)', () => {
  const subjects = [['ab', 'c'], ['a', 'bc'], ['abc'], ['a","b', 'c'], ['a', 'b","c'], ['a\nb'], []]
  const texts = subjects.map((subject) => bucketOf(LIMITS.login, ...subject).subject)
  assert.equal(new Set(texts).size, subjects.length)
})
