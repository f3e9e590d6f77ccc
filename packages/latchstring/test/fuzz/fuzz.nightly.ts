// FUZZ=100000000 for cookie headers and a hundredth of it for the others.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inParts } from '../random/progress.ts'
import { COOKIE_HEADERS } from './cookies.ts'
import { fuzz, prototypeKeys } from './target.ts'
import { TARGETS } from './targets.ts'

const { FUZZ = '100000000' } = process.env
const PART = 1_000_000

for (const target of TARGETS) {
  const total = target === COOKIE_HEADERS ? Number(FUZZ) : Math.ceil(Number(FUZZ) / 100)
  test(`no ${target.name} of ${total} crash anything, or are accepted as what they are not (F-03, S-08, Z-3)`, async (t) => {
    const before = prototypeKeys()
    const { seed, done, milliseconds } = await inParts(`fuzz ${target.name}`, total, PART, async (part) => {
      fuzz(target, String(part.seed), part.count)
      assert.equal(prototypeKeys(), before)
    })
    t.diagnostic(`seed ${seed}: ${done} inputs, ${Math.round((done / milliseconds) * 1_000)} a second`)
  })
}
