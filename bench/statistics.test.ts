import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median, quantile, slope } from './statistics.ts'

test('a quantile is the smallest value that so many do not exceed', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index)
  assert.equal(quantile(values, 0.5), 50)
  assert.equal(quantile(values, 0.99), 99)
  assert.equal(quantile(values, 1), 100)
  assert.equal(quantile(values, 0), 1)
  assert.equal(quantile([7], 0.99), 7)
  assert.ok(Number.isNaN(quantile([], 0.5)))
})

test('the median is in the middle, or between the two that are, whatever the order', () => {
  assert.equal(median([5, 1, 100]), 5)
  assert.equal(median([10, 1, 4, 2]), 3)
  assert.equal(median([3]), 3)
  assert.ok(Number.isNaN(median([])))
})

test('the slope of points on a line is that of the line, and noise on both sides does not bend it', () => {
  const line = [0, 1, 2, 3].map((x) => [x, 5 - 2 * x] as const)
  assert.equal(slope(line), -2)
  const noisy = [
    [0, 1],
    [0, -1],
    [10, 31],
    [10, 29],
  ] as const
  assert.equal(slope(noisy), 3)
})
