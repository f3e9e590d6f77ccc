import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { expiryOf, hasReachedEnd, isTouchDue } from './lifetime.ts'

const HOUR = 3_600_000
const LIFETIMES = { idle: 10 * HOUR, absolute: 100 * HOUR }
const ENDLESS = { idle: null, absolute: null }

function stored(createdAt: number, originalMaxAge: number | null) {
  return { values: {}, cookie: { originalMaxAge }, life: { createdAt, seenAt: createdAt }, identity: null }
}

suite('the life of a session', () => {
  test('ends after the length of its cookie, or the idle timeout, and never after its absolute end', () => {
    const life = { createdAt: 0, seenAt: HOUR }
    assert.equal(expiryOf(life, null, LIFETIMES), 11 * HOUR)
    assert.equal(expiryOf(life, 20 * HOUR, LIFETIMES), 21 * HOUR)
    assert.equal(expiryOf({ createdAt: 0, seenAt: 95 * HOUR }, null, LIFETIMES), 100 * HOUR)
    assert.equal(expiryOf(life, null, ENDLESS), Number.POSITIVE_INFINITY)
  })

  test('lasts at least as long as its cookie was given', () => {
    assert.equal(expiryOf({ createdAt: 0, seenAt: 0 }, 200 * HOUR, LIFETIMES), 200 * HOUR)
    assert.equal(hasReachedEnd(stored(0, 200 * HOUR), LIFETIMES, 200 * HOUR - 1), false)
    assert.equal(hasReachedEnd(stored(0, 200 * HOUR), LIFETIMES, 200 * HOUR), true)
  })

  test('has no end that is known while nobody knows when it began', () => {
    assert.equal(hasReachedEnd({ ...stored(0, null), life: null }, LIFETIMES, 1_000 * HOUR), false)
  })

  test('is written once a minute, or in a tenth of a short life', () => {
    assert.equal(isTouchDue(0, null, LIFETIMES, 59_999), false)
    assert.equal(isTouchDue(0, null, LIFETIMES, 60_000), true)
    assert.equal(isTouchDue(0, 5_000, LIFETIMES, 500), true)
    assert.equal(isTouchDue(0, null, ENDLESS, 60_000), true)
  })
})
