import { parentPort } from 'node:worker_threads'
import type { Part } from '../random/progress.ts'
import { nextSeed } from '../random/seeds.ts'
import { simulate } from './simulate.ts'

parentPort?.on('message', async (part: Part) => {
  parentPort?.postMessage(await firstViolation(part))
})

/** The history of the first schedule of a part that breaks a promise, or `null`. */
async function firstViolation({ seed: first, count }: Part): Promise<string | null> {
  for (let index = 0; index < count; index++) {
    const seed = nextSeed(first, index)
    const { violations } = await simulate(seed)
    if (violations.length === 0) continue
    const { log } = await simulate(seed, { isTold: true })
    return `SEED=${seed}: ${violations.join('\n')}\n${log.join('\n')}`
  }
  return null
}
