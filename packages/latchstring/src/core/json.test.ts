import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { errorWith } from '../../test/support.ts'
import { decodeObject, emptyObject, encodeObject, encodeValue } from './json.ts'

const UNSTORABLE: readonly (readonly [unknown, RegExp])[] = [
  [1n, /holds a BigInt,/],
  [{ price: 1n }, /holds a BigInt at "price"/],
  [() => 1, /holds a function/],
  [{ a: { run: () => 1 } }, /holds a function at "run"/],
  [[Symbol('x')], /holds a symbol at "0"/],
  [Number.NaN, /holds the number NaN/],
  [[Number.POSITIVE_INFINITY], /holds the number Infinity/],
  [new Map(), /holds a Map/],
  [{ tags: new Set() }, /holds a Set at "tags"/],
  [/x/, /holds a RegExp/],
  [new Error('x'), /holds a Error/],
  [new Uint8Array(2), /holds binary data/],
  [Promise.resolve(), /holds a Promise/],
  [JSON.parse('{"__proto__":{"admin":true}}'), /holds an object with the key "__proto__"/],
  [{ a: [{ constructor: 1 }] }, /holds an object with the key "constructor"/],
]

test('data that JSON cannot hold is refused with the key that holds it', () => {
  for (const [value, reason] of UNSTORABLE) {
    assert.throws(() => encodeValue('cart', value), errorWith('invalid_data', /the session key "cart"/))
    assert.throws(() => encodeValue('cart', value), reason)
  }
})

test('data that refers to itself is refused with the key that holds it', () => {
  const cart: { self?: unknown } = {}
  cart.self = cart
  assert.throws(
    () => encodeValue('cart', cart),
    errorWith('invalid_data', /"cart" holds a value that refers to itself/),
  )
})

test('dates and everything else with a JSON form of its own is stored in it', () => {
  assert.equal(encodeValue('at', new Date(0)), '"1970-01-01T00:00:00.000Z"')
  assert.equal(encodeValue('file', Buffer.from('a')), '{"type":"Buffer","data":[97]}')
  assert.equal(encodeValue('nothing', null), 'null')
  assert.equal(encodeValue('sparse', { a: undefined, b: 1 }), '{"b":1}')
})

test('S-08: a text that is not an object, or holds a forbidden name at any depth, decodes to nothing', () => {
  const texts = ['', '{', 'null', '[]', '1', '"x"', '{"__proto__":{"admin":true}}', '{"a":{"constructor":1}}']
  const hidden = [
    '{"a":[{"prototype":1}]}',
    '{"\\u005f_proto__":{"admin":true}}',
    '{"a":{"\\u0063onstructor":1}}',
  ]
  for (const text of [...texts, ...hidden]) assert.equal(decodeObject(text), null, text)
  assert.equal('admin' in {}, false)
})

test('S-08: a number that is too large to be one, and so was never stored by us, decodes to nothing', () => {
  const texts = ['1e999', '-1e999', '1E+400', `1${'0'.repeat(309)}`, '[{"b":1e999}]']
  for (const value of texts) assert.equal(decodeObject(`{"a":${value}}`), null, value)
  assert.deepEqual({ ...decodeObject('{"a":1e308,"b":"1e999"}') }, { a: 1e308, b: '1e999' })
})

test('S-08: forbidden names are fine as values', () => {
  assert.deepEqual(
    { ...decodeObject('{"a":"__proto__","b":["constructor"]}') },
    { a: '__proto__', b: ['constructor'] },
  )
})

test('S-08: decoded data has no prototype', () => {
  assert.equal(Object.getPrototypeOf(decodeObject('{}')), null)
})

test('whatever JSON holds comes back the same', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (values) => {
      const storable = Object.assign(emptyObject(), JSON.parse(JSON.stringify(values)))
      fc.pre(decodeObject(JSON.stringify(storable)) !== null)
      assert.deepEqual(decodeObject(encodeObject(storable)), storable)
    }),
  )
})

test('a value whose JSON is nothing is stored as null', () => {
  assert.equal(encodeValue('key', { toJSON: () => undefined }), 'null')
})
