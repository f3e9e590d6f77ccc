import type { Contestant } from '../work.ts'
import { latchstringServer } from './_latchstring.ts'
import { openPostgresCached } from './_ownStores.ts'

const latchstringPostgresCached: Contestant = async (work) =>
  latchstringServer(work, await openPostgresCached(work))

export default latchstringPostgresCached
