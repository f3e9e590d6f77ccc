import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { parseForm } from './formText.ts'

suite('a form as text', () => {
  test('F-07: has the fields that a browser put into it', () => {
    const fields = { email: 'anna@example.test', password: 'a+b &=%\0😀', empty: '', 'a b': '\r\n' }
    assert.deepEqual({ ...parseForm(new URLSearchParams(fields).toString()) }, fields)
    assert.deepEqual({ ...parseForm('a=1&&b&=c&d=e=f&') }, { a: '1', b: '', '': 'c', d: 'e=f' })
    assert.deepEqual({ ...parseForm('') }, {})
  })

  test('F-07: reads as it was written, whatever was typed', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })),
        (fields) => {
          const text = new URLSearchParams(fields).toString()
          fc.pre(!['__proto__', 'constructor', 'prototype'].some((name) => Object.hasOwn(fields, name)))
          assert.deepEqual({ ...parseForm(text) }, { ...fields })
        },
      ),
    )
  })

  test('F-07: with a field twice, a broken encoding or a name that reaches a prototype is none (T49)', () => {
    const wrong = [
      ...[
        'a=1&a=1',
        'a=1&b=2&a=3',
        'a&a',
        '=1&=2',
        'a=1&%61=2',
        'a+b=1&a%20b=2',
        'a=%',
        'a=%2',
        'a=%zz',
        '%=1',
        'a=%ff',
      ],
      ...[
        'a=%c3',
        'a=%c0%af',
        'a=%ed%a0%80',
        'a=%f5%80%80%80',
        '__proto__=1',
        '__proto__',
        'constructor=1',
        'prototype=1',
      ],
      ...['%5f_proto__=1', 'a=\ud800', '\udc00=1'],
    ]
    for (const text of wrong) assert.equal(parseForm(text), null, text)
  })

  test('F-03: never throws, and its fields have no prototype', () => {
    const parts = fc.oneof(
      fc.constantFrom('&', '=', '%', '+', 'a', '%41', '__proto__'),
      fc.string({ unit: 'binary', maxLength: 3 }),
    )
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 20 }), (pieces) => {
        const fields = parseForm(pieces.join(''))
        if (fields !== null) assert.equal(Object.getPrototypeOf(fields), null)
      }),
      { numRuns: 500 },
    )
  })
})
