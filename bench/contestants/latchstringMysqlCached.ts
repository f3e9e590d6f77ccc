import type { Contestant } from '../work.ts'
import { latchstringServer } from './_latchstring.ts'
import { openMysqlCached } from './_ownStores.ts'

const latchstringMysqlCached: Contestant = async (work) =>
  latchstringServer(work, await openMysqlCached(work))

export default latchstringMysqlCached
