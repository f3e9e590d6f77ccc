import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { booleanField, textField } from './fields.ts'
import { InputRefusal } from './inputRefusal.ts'

const refused = (name: string, expected: string) =>
  new InputRefusal(400, 'invalid_body', `The field ${name} takes ${expected}`)

suite('a field of a body', () => {
  test('P-11: that takes a text takes nothing else (T50)', () => {
    assert.equal(textField({ email: ' a ' }, 'email'), ' a ')
    assert.equal(textField({ email: '' }, 'email'), '')
    assert.equal(textField({}, 'email'), '')
    for (const value of [
      null,
      0,
      1,
      Number.POSITIVE_INFINITY,
      true,
      false,
      [],
      ['a'],
      {},
      { $ne: 1 },
      { length: 1 },
    ]) {
      assert.deepEqual(
        textField({ email: value }, 'email'),
        refused('email', 'a text'),
        JSON.stringify(value),
      )
    }
  })

  test('P-11: that takes true or false takes nothing else but the ticked box of a form (T50)', () => {
    assert.equal(booleanField({ remember: true }, 'remember'), true)
    assert.equal(booleanField({ remember: 'on' }, 'remember'), true)
    assert.equal(booleanField({ remember: false }, 'remember'), false)
    assert.equal(booleanField({}, 'remember'), false)
    for (const value of [null, 0, 1, '', 'true', 'false', 'On', 'off', [], [true], {}]) {
      assert.deepEqual(booleanField({ remember: value }, 'remember'), refused('remember', 'true or false'))
    }
  })

  test('F-07: is its own, and never one of all objects (T49)', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      assert.equal(textField({}, name), '')
      assert.equal(booleanField({}, name), false)
    }
  })
})
