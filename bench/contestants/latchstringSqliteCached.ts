import type { Contestant } from '../work.ts'
import { latchstringServer } from './_latchstring.ts'
import { openSqliteCached } from './_ownStores.ts'

const latchstringSqliteCached: Contestant = async (work) =>
  latchstringServer(work, await openSqliteCached(work))

export default latchstringSqliteCached
