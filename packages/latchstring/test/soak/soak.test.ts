import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkSteady, heapSlope, soak } from './soak.ts'

const { SEED: seed = String(Date.now()) } = process.env
const REQUESTS = 48_000
/** MB from the first look to the last. In so short a run V8's own doings are more than what a leak would add. */
const MOST_GROWTH = 2

test(`a week of traffic leaves no timer, no handle and no row behind, SEED=${seed} (F-12, Z-11, T98)`, async (t) => {
  const samples = await soak(t, { days: 7, requests: REQUESTS, seed, samples: 100 }, 20)
  checkSteady(samples, seed)
  const growth = (heapSlope(samples) * REQUESTS) / 1e6
  t.diagnostic(`the heap grows by ${growth.toFixed(2)} MB over ${REQUESTS} requests`)
  assert.ok(growth < MOST_GROWTH)
})
