import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNode, errorWith } from '../../test/support.ts'
import { checkStore } from './options.ts'

test('a limit with an option that nobody reads is refused', () => {
  const options = JSON.parse('{"maxSessionsPerUser":{"max":1,"policy":"deny","maximum":2}}')
  assert.throws(
    () => createNode(options),
    errorWith('invalid_option', /maxSessionsPerUser has no option "maximum"; it takes max, policy/),
  )
})

test('timers that are none, and a renewal with an option that nobody reads, are refused', () => {
  for (const timers of [5, null, {}, { schedule: 1, repeat: 1 }]) {
    assert.throws(
      () => createNode(JSON.parse(JSON.stringify({ timers }))),
      errorWith('invalid_option', /timers takes an object with schedule\(\) and repeat\(\)/),
    )
  }
  assert.throws(
    () => createNode(JSON.parse('{"renewal":{"every":"1h","gracePeriod":"1s"}}')),
    errorWith('invalid_option', /^renewal has no option "gracePeriod"/),
  )
})

test("a time that Node's timers cannot wait is refused: they would go off at once", () => {
  for (const name of ['storeTimeout', 'purgeEvery']) {
    assert.doesNotThrow(() => createNode({ [name]: 2_147_483_647 }))
    assert.throws(
      () => createNode({ [name]: 2_147_483_648 }),
      errorWith('invalid_option', new RegExp(`^${name} takes at most 24 days`)),
    )
  }
})

test('a store that lacks a method is refused, and told which', () => {
  const whole = { read: 1, write: 1, remove: 1, list: 1, purge: 1 }
  for (const missing of Object.keys(whole)) {
    const store: object = Object.fromEntries(
      Object.keys(whole).map((name) => [name, name === missing ? null : async () => null]),
    )
    assert.throws(
      () => checkStore(store),
      errorWith('invalid_option', new RegExp(`no method ${missing}\\(\\)$`)),
    )
  }
  for (const store of [null, undefined, 'app.db', 5]) {
    assert.throws(() => checkStore(store), errorWith('invalid_option', /no method read\(\)$/))
  }
})
