import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { suite, test } from 'node:test'
import { failOver } from './failover.ts'

/** The long form is failover.nightly.ts. `SEED=…` makes the same choices again. */
const { SEED = randomBytes(4).toString('hex') } = process.env

suite('F-10, T89: Redis loses a master under load', { concurrency: true }, () => {
  const title = 'sessions go on, and nothing happens that the loss of its last writes does not explain'

  test(`Sentinel, by ioredis: ${title}`, async (t) => {
    const failover = { kind: 'redis-sentinel', driver: 'ioredis', scenario: 'killed', seed: SEED } as const
    assert.deepEqual((await failOver(t, failover))?.unexplained ?? [], [])
  })

  test(`Cluster, by node-redis: ${title}`, async (t) => {
    const failover = { kind: 'redis-cluster', driver: 'node-redis', scenario: 'killed', seed: SEED } as const
    assert.deepEqual((await failOver(t, failover))?.unexplained ?? [], [])
  })
})
