// npm run bench:memory, npm run bench:memory -- --requests 10000000 --save

import { parseArgs } from 'node:util'
import { type Growth, growthOf } from './growth.ts'
import { type Machine, machineOf } from './machine.ts'
import { readSaved, writePage } from './page.ts'
import { entriesNamed } from './plan.ts'
import { saveResults } from './results.ts'
import { Stores } from './stores.ts'
import { growthTable, weightTable } from './table.ts'
import { type Weight, weighAll } from './weights.ts'

export interface MemoryResults {
  readonly machine: Machine
  readonly weights: readonly Weight[]
  readonly growth: readonly Growth[]
}

/** Bytes over the whole run. One object forgotten at each request is many times more. */
const MOST_GROWTH = 1_000_000

const CONTESTANTS = ['latchstringMemory', 'latchstringSqliteCached', 'dropInMemory']

async function measureGrowth(requests: number): Promise<Growth[]> {
  const stores = await Stores.start(new Set())
  try {
    const growth: Growth[] = []
    const entries = entriesNamed(CONTESTANTS).filter(({ kind }) => kind !== 'bare')
    for (const entry of entries) growth.push(await growthOf(entry, stores, requests))
    return growth
  } finally {
    await stores.stop()
  }
}

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '300000' },
    /** Into docs/performance.md. */
    save: { type: 'boolean', default: false },
  },
})
const requests = Number(values.requests)
const weights = await weighAll()
console.log(`${weightTable(weights)}\n`)
const growth = await measureGrowth(requests)
console.log(growthTable(growth))
if (values.save) {
  saveResults('memory', { machine: machineOf({}), weights, growth } satisfies MemoryResults)
  if (readSaved() !== null) writePage()
}
const growing = growth.filter(({ slope }) => slope * requests > MOST_GROWTH)
for (const { title } of growing) console.error(`failed: ${title} grows by more than ${MOST_GROWTH} bytes`)
if (growing.length > 0) process.exitCode = 1
