import type { Contestant } from '../work.ts'
import { dropInServer } from './_dropIn.ts'
import { openRedisCached } from './_ownStores.ts'

const dropInRedisCached: Contestant = async (work) =>
  dropInServer(work, { store: await openRedisCached(work) })

export default dropInRedisCached
