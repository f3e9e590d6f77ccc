import type { Contestant } from '../work.ts'
import { dropInServer } from './_dropIn.ts'
import { openPostgresCached } from './_ownStores.ts'

const dropInPostgresCached: Contestant = async (work) =>
  dropInServer(work, { store: await openPostgresCached(work) })

export default dropInPostgresCached
