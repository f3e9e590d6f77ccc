import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { errorWith } from '../../test/support.ts'
import { applyChanges, TrackedData } from './data.ts'
import { decodeObject, emptyObject, isObject, type JsonObject } from './json.ts'

function changedKeys(data: TrackedData): string[] {
  return [...data.changes().keys()]
}

/** What a store would hold after committing the changes over `base`. */
function committed(data: TrackedData, base = '{}'): JsonObject {
  return applyChanges(decodeObject(base) ?? emptyObject(), data.changes())
}

test('data that was only read has not changed', () => {
  const data = new TrackedData('{"count":1,"cart":{"items":[1]}}')
  assert.equal(data.get('count'), 1)
  assert.deepEqual(data.get('cart'), { items: [1] })
  assert.deepEqual(changedKeys(data), [])
})

test('a change inside an object that was handed out is found', () => {
  const data = new TrackedData('{"cart":{"items":[1]},"other":{}}')
  const cart = data.get('cart')
  assert.ok(typeof cart === 'object' && cart !== null && 'items' in cart && Array.isArray(cart.items))
  cart.items.push(2)
  assert.deepEqual(changedKeys(data), ['cart'])
  assert.deepEqual({ ...committed(data) }, { cart: { items: [1, 2] } })
})

test('setting undefined deletes, and deleting what is not there changes nothing', () => {
  const data = new TrackedData('{"a":1}')
  data.set('a', undefined)
  data.delete('missing')
  assert.equal(data.isEmpty, true)
  assert.deepEqual({ ...committed(data, '{"a":1,"b":2,"missing":3}') }, { b: 2, missing: 3 })
})

test('an update is applied to the newest value, also several in a row', () => {
  const data = new TrackedData('{"n":1}')
  const add = (n: unknown) => Number(n ?? 0) + 1
  data.update('n', add)
  data.update('n', add)
  assert.equal(data.get('n'), 3)
  assert.deepEqual({ ...committed(data, '{"n":10}') }, { n: 12 })
})

test('an update after a set is part of the set, and a set after an update replaces it', () => {
  const data = new TrackedData('{}')
  data.set('a', 5)
  data.update('a', (n) => Number(n) * 2)
  data.update('b', () => 1)
  data.set('b', 7)
  assert.deepEqual({ ...committed(data, '{"a":100,"b":100}') }, { a: 10, b: 7 })
})

test('an update whose result is changed afterwards becomes a set', () => {
  const data = new TrackedData('{}')
  data.update('list', () => [1])
  const list = data.get('list')
  assert.ok(Array.isArray(list))
  list.push(2)
  assert.deepEqual({ ...committed(data, '{"list":[9]}') }, { list: [1, 2] })
})

test('the result of an update that is changed afterwards becomes a set, also by whoever has made it', () => {
  const data = new TrackedData('{}')
  const made: number[][] = []
  data.update('list', () => {
    const list = [1]
    made.push(list)
    return list
  })
  made[0]?.push(2)
  assert.deepEqual({ ...committed(data, '{"list":[9]}') }, { list: [1, 2] })
})

test('an update to undefined deletes', () => {
  const data = new TrackedData('{"a":1}')
  data.update('a', () => undefined)
  assert.deepEqual({ ...committed(data, '{"a":2}') }, {})
})

test('S-08: names that reach a prototype are refused as keys', () => {
  const data = new TrackedData()
  for (const name of ['__proto__', 'constructor', 'prototype']) {
    assert.throws(() => data.set(name, {}), errorWith('invalid_data', new RegExp(`"${name}"`)))
    assert.throws(() => data.update(name, () => 1), errorWith('invalid_data'))
    assert.equal(data.get(name), undefined)
  }
})

test('a change made while a commit is on its way is left for the next one', () => {
  const data = new TrackedData('{"a":1}')
  data.set('a', 2)
  const inFlight = data.changes()
  data.set('b', 3)
  data.set('a', 4)
  data.rebase('{"a":2,"theirs":5}', inFlight)
  assert.deepEqual({ ...data.values }, { a: 4, b: 3, theirs: 5 })
  assert.deepEqual({ ...committed(data, '{"a":2,"theirs":5}') }, { a: 4, b: 3, theirs: 5 })
})

test('a key deleted while a commit is on its way is deleted by the next one', () => {
  const data = new TrackedData('{"a":1}')
  data.set('b', 1)
  const inFlight = data.changes()
  data.delete('a')
  data.rebase('{"a":1,"b":1}', inFlight)
  assert.deepEqual({ ...data.values }, { b: 1 })
  assert.deepEqual(changedKeys(data), ['a'])
})

test('an object set before a commit and changed after it is changed again', () => {
  const data = new TrackedData()
  const cart = { items: [1] }
  data.set('cart', cart)
  const inFlight = data.changes()
  cart.items.push(2)
  data.rebase('{"cart":{"items":[1]}}', inFlight)
  assert.deepEqual({ ...committed(data) }, { cart: { items: [1, 2] } })
})

test('an object that was only looked at gives way to a newer one', () => {
  const data = new TrackedData('{"cart":[1],"a":1}')
  data.get('cart')
  data.set('a', 2)
  data.rebase('{"cart":[1,2],"a":2}', data.changes())
  assert.deepEqual(data.get('cart'), [1, 2])
  assert.deepEqual(changedKeys(data), [])
})

test('S-14: changes to different keys merge, whatever their order', () => {
  const edits = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.option(fc.integer(), { nil: undefined }))
  fc.assert(
    fc.property(edits, edits, (mine, theirs) => {
      const base = { a: 1, b: 2, c: 3 }
      const others = Object.fromEntries(Object.entries(theirs).filter(([key]) => !(key in mine)))
      const expected = clean({ ...base, ...mine, ...others })
      const first = applyChanges(applyChanges(base, changesOf(mine)), changesOf(others))
      const second = applyChanges(applyChanges(base, changesOf(others)), changesOf(mine))
      assert.deepEqual({ ...first }, expected)
      assert.deepEqual({ ...second }, expected)
    }),
  )
})

function changesOf(edits: JsonObject) {
  const data = new TrackedData('{"a":1,"b":2,"c":3}')
  for (const [key, value] of Object.entries(edits)) data.set(key, value)
  return data.changes()
}

function clean(values: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

test('S-14: an object that was handed out is watched on after a commit of other keys', () => {
  const data = new TrackedData('{"cart":{"items":1},"a":1}')
  const cart = data.get('cart')
  assert.ok(isObject(cart))
  data.set('a', 2)
  data.rebase('{"cart":{"items":1},"a":2}', data.changes())
  assert.equal(data.changes().size, 0)
  Object.assign(cart, { items: 5 })
  assert.deepEqual(data.changes().get('cart'), { kind: 'set', value: { items: 5 } })
})

test('S-13: an object that was handed out, and that another request has deleted, stays deleted', () => {
  const data = new TrackedData('{"cart":{"items":1},"a":1}')
  data.get('cart')
  data.set('a', 2)
  data.rebase('{"a":2}', data.changes())
  assert.equal(data.get('cart'), undefined)
  assert.equal(data.changes().size, 0)
})

test('a text that took the place of an object while a commit was on its way is not watched as one', () => {
  const data = new TrackedData('{"cart":{"items":1}}')
  data.set('cart', 'none')
  const committed = data.changes()
  data.rebase('{"cart":"none"}', committed)
  assert.equal(data.get('cart'), 'none')
  assert.equal(data.changes().size, 0)
})

test('S-14: after an update the value is the stored one, which another request may have changed too', () => {
  const data = new TrackedData('{"cart":{"items":1}}')
  data.update('cart', () => ({ items: 2 }))
  data.rebase('{"cart":{"items":7}}', data.changes())
  assert.deepEqual(data.get('cart'), { items: 7 })
  assert.equal(data.changes().size, 0)
})
