import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { errorWith } from '../../../test/support.ts'
import { checkPassword, minimumOption } from './policy.ts'

const check = (password: string, ownNames: readonly string[] = [], minimum = 15) =>
  checkPassword(password, { ownNames, minimum })

suite('a password that somebody chooses', () => {
  test('has 15 characters or more, however many bytes each of them takes (P-01)', () => {
    for (const character of ['a', 'é', '界', '🔑', 'e\u0301']) {
      assert.equal(check(character.repeat(14)), 'too_short')
      assert.equal(check(character.repeat(15)), null)
    }
  })

  test('has 8 or more where a second factor is always asked for (P-01)', () => {
    assert.equal(check('x7#pQ-2', [], 8), 'too_short')
    assert.equal(check('x7#pQ-2k', [], 8), null)
  })

  test('may have 64 and up to 1024 characters in 4096 bytes (P-02)', () => {
    for (const password of ['a'.repeat(64), 'a'.repeat(1_024), '🔑'.repeat(1_024)]) {
      assert.equal(check(password), null)
    }
    for (const password of ['a'.repeat(1_025), 'a'.repeat(4_097), '🔑'.repeat(1_025)]) {
      assert.equal(check(password), 'too_long')
    }
  })

  test('of too many bytes is refused before it is normalised (P-02)', (t) => {
    const normalize = t.mock.method(String.prototype, 'normalize')
    assert.equal(check('e\u0301'.repeat(1_000_000)), 'too_long')
    assert.equal(normalize.mock.callCount(), 0)
  })

  test('needs no capital, digit or sign, and may hold spaces and NUL (P-03, P-04)', () => {
    for (const password of ['a quiet sentence', ' leading and trailing ', `zero\0${'x'.repeat(12)}`]) {
      assert.equal(check(password), null)
    }
  })

  test('without half characters (P-05)', () => {
    for (const half of ['\ud800', '\udc00']) assert.equal(check(`${half}${'a'.repeat(20)}`), 'malformed')
  })

  test('is a text (P-11)', () => {
    for (const value of JSON.parse('[null, 7, ["a"], {"$ne":1}]')) assert.equal(check(value), 'malformed')
  })

  test('is not the own address, its local part, the username or the application, in any case (P-06)', () => {
    const names = ['Anna-Katharina.Berg@example.test', 'cafe\u0301-berlin-1999', '', 'Latchstring Example']
    const refused = [
      ...['anna-katharina.berg@example.test', 'ANNA-KATHARINA.BERG', 'Caf\u00e9-Berlin-1999'],
      ...['latchstring example', 'Latchstring Example1234', 'anna-katharina.berganna-katharina.berg'],
    ]
    for (const password of refused) assert.equal(check(password, names), 'own_name', password)
  })

  test('may hold a name of its own as a part (P-06)', () => {
    const names = ['anna@example.test', 'anna', '@', 'x'.repeat(5_000), '\ud800']
    for (const password of ['anna likes tea & rain', 'not-anna@example.test!', 'example.test/anna?']) {
      assert.equal(check(password, names), null)
    }
  })
})

suite('the shortest password that an application allows', () => {
  test('is 15 characters unless it says otherwise, from 8 to 64 (P-01)', () => {
    assert.equal(minimumOption(undefined), 15)
    for (const minimum of [8, 15, 64]) assert.equal(minimumOption(minimum), minimum)
  })

  test('is never under 8, nor over what everybody must be allowed (P-01)', () => {
    for (const minimum of [7, 0, -1, 65, 8.5, Number.NaN, '15', null, {}]) {
      assert.throws(() => minimumOption(minimum), errorWith('invalid_option', /passwords\.minimum takes/))
    }
  })
})
