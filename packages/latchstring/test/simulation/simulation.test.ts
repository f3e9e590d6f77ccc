import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { PartWorker } from '../random/inWorker.ts'
import { inParts, type Part } from '../random/progress.ts'
import { FOUND } from './found.ts'
import { simulate } from './simulate.ts'

/** `SCHEDULES=1000000 npm test -- "breaks a promise"` is the long form; `SEED=…` plays the same schedules again. */
const { SCHEDULES = '20000' } = process.env
const PART = 500

let worker: PartWorker
before(() => {
  worker = new PartWorker(new URL('./simulation-worker.ts', import.meta.url))
})
after(() => worker.close())

async function check(part: Part): Promise<void> {
  const found = await worker.ask(part)
  if (found !== null) assert.fail(String(found))
}

test('no schedule of several nodes, faults and crashes breaks a promise (Z-6)', async (t) => {
  const { seed, done, milliseconds } = await inParts(t.fullName, Number(SCHEDULES), PART, check)
  t.diagnostic(`seed ${seed}: ${done} schedules, ${Math.round((done / milliseconds) * 1_000)} a second`)
})

for (const { seed, what } of FOUND) {
  test(`seed ${seed}: ${what}`, () => check({ seed, count: 1 }))
}

test('a seed gives the same schedule each time', async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const { log } = await simulate(seed, { isTold: true })
    assert.ok(log.length > 10)
    assert.deepEqual((await simulate(seed, { isTold: true })).log, log)
  }
})
