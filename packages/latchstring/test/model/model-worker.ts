import { parentPort, workerData } from 'node:worker_threads'
import { memoryStore } from '../../src/stores/memory.ts'
import type { Part } from '../random/progress.ts'
import { twoCaches } from './caches.ts'
import { checkPart, type Empty, inMemory } from './check.ts'
import { allButExpiry, everything } from './compare.ts'

const behindCaches: Empty = async (clock) => twoCaches(memoryStore(), clock)

parentPort?.on('message', async (part: Part) => {
  const isCached = workerData === 'cached'
  const found = await checkPart(
    part,
    isCached ? behindCaches : inMemory,
    isCached ? allButExpiry : everything,
  )
  parentPort?.postMessage(found)
})
