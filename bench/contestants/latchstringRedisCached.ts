import type { Contestant } from '../work.ts'
import { latchstringServer } from './_latchstring.ts'
import { openRedisCached } from './_ownStores.ts'

const latchstringRedisCached: Contestant = async (work) =>
  latchstringServer(work, await openRedisCached(work))

export default latchstringRedisCached
