import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorWith } from '../../test/support.ts'
import { durationOption, parseDuration } from './duration.ts'

test('a duration is milliseconds or a whole number with a unit', () => {
  const durations = [1, 5_000, '90s', '15m', '12h', '7d']
  assert.deepEqual(durations.map(parseDuration), [1, 5_000, 90_000, 900_000, 43_200_000, 604_800_000])
})

test('anything else is no duration', () => {
  const others = [
    0,
    -1,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '',
    '0s',
    '1',
    '1w',
    '1.5h',
    ' 1s',
    '-1s',
    '9999999999d',
    null,
    true,
    {},
  ]
  for (const value of others) assert.equal(parseDuration(value), null, String(value))
})

test('a wrong duration is refused by the name of its option, with what it takes', () => {
  assert.throws(
    () => durationOption('idleTimeout', '12 h'),
    errorWith('invalid_option', /^idleTimeout takes .*12h/),
  )
})
