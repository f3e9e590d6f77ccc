import type { Contestant } from '../work.ts'
import { dropInServer } from './_dropIn.ts'
import { openSqliteCached } from './_ownStores.ts'

const dropInSqliteCached: Contestant = async (work) =>
  dropInServer(work, { store: await openSqliteCached(work) })

export default dropInSqliteCached
