import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Recent } from './recent.ts'

test('what was set is found again, and the newest value counts', () => {
  const recent = new Recent<string>(100)
  assert.equal(recent.get('k'), undefined)
  recent.set('k', 'first', 1)
  recent.set('k', 'second', 1)
  assert.equal(recent.get('k'), 'second')
})

test('no more is kept than the limit allows, and never less than the last half', () => {
  const recent = new Recent<number>(10)
  for (let number = 0; number < 1_000; number++) {
    recent.set(`${number}`, number, 1)
    const kept = Array.from({ length: 1_000 }, (_, key) => recent.get(`${key}`) !== undefined)
    assert.ok(kept.filter(Boolean).length <= 10)
    for (let key = Math.max(0, number - 4); key <= number; key++) assert.ok(kept[key], `${key} of ${number}`)
  }
})

test('what alone weighs more than the limit is kept until something else comes', () => {
  const recent = new Recent<string>(10)
  recent.set('large', 'x', 1_000)
  assert.equal(recent.get('large'), 'x')
  recent.set('a', 'a', 6)
  recent.set('b', 'b', 6)
  assert.equal(recent.get('large'), undefined)
})
