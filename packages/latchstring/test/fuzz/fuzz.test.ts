import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { checkLinearTime, fuzz, prototypeKeys } from './target.ts'
import { TARGETS } from './targets.ts'

const { SEED: seed = String(Date.now()), FUZZ = '10000' } = process.env
const count = Number(FUZZ)

suite(`${count} inputs of each kind, SEED=${seed}`, () => {
  const before = prototypeKeys()
  after(() => assert.equal(prototypeKeys(), before))

  for (const target of TARGETS) {
    test(`no ${target.name} crash anything, or are accepted as what they are not (F-03, S-08, Z-3)`, () => {
      fuzz(target, seed, count)
      assert.equal(prototypeKeys(), before)
    })

    test(`longer ${target.name} take no more than their length in time (F-07)`, () => checkLinearTime(target))
  }
})
