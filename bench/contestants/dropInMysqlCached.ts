import type { Contestant } from '../work.ts'
import { dropInServer } from './_dropIn.ts'
import { openMysqlCached } from './_ownStores.ts'

const dropInMysqlCached: Contestant = async (work) =>
  dropInServer(work, { store: await openMysqlCached(work) })

export default dropInMysqlCached
