// REQUESTS=10000000 for the year. SEED=… makes the same year again.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkSteady, heapSlope, soak } from './soak.ts'

const { SEED: seed = String(Date.now()), REQUESTS = '10000000' } = process.env
/** MB for a million requests. */
const MOST_GROWTH = 0.1

test(`a year of traffic leaves no timer, no handle and no row behind, and the heap as it is, SEED=${seed} (F-12, Z-11, T98)`, async (t) => {
  const samples = await soak(t, { days: 365, requests: Number(REQUESTS), seed, samples: 200 }, 5)
  checkSteady(samples, seed)
  const slope = heapSlope(samples)
  const { sweeps = 0, rows = 0 } = samples.at(-1) ?? {}
  t.diagnostic(
    `${REQUESTS} requests in 365 days: the heap grows by ${slope.toFixed(3)} MB for a million requests`,
  )
  t.diagnostic(`${sweeps} sweeps, ${rows} rows at the end`)
  assert.ok(slope < MOST_GROWTH)
})
