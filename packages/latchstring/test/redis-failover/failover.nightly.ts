/**
 * Fail-overs of Redis under load, of every kind and by both drivers; what they cost is in docs/stores.md:
 * `node --conditions=latchstring-source --test packages/latchstring/test/redis-failover/failover.nightly.ts`.
 * `FAILOVERS=…` says how many of each; `SEED=…` makes the same choices again.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { suite, test } from 'node:test'
import { DRIVERS } from './clients.ts'
import { failOver, SCENARIOS } from './failover.ts'

const { SEED = randomBytes(4).toString('hex'), FAILOVERS = '1' } = process.env

for (const kind of ['redis-sentinel', 'redis-cluster'] as const) {
  for (const scenario of SCENARIOS) {
    suite(`F-10: ${kind}: a master is ${scenario}`, () => {
      for (const driver of DRIVERS) {
        test(`by ${driver}, nothing happens that the loss of its last writes does not explain`, async (t) => {
          for (let round = 1; round <= Number(FAILOVERS); round++) {
            await t.test(`round ${round}`, async (t) => {
              const verdict = await failOver(t, { kind, driver, scenario, seed: `${SEED} ${round}` })
              if (verdict === null) return
              assert.deepEqual(verdict.unexplained, [])
              // Else the run has not seen what it is about.
              const lost = verdict.lostLogins.length + verdict.undoneEnds.length
              if (scenario === 'cut off, then killed') assert.ok(lost > 0)
            })
          }
        })
      }
    })
  }
}
