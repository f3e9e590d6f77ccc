import type { Contestant } from '../work.ts'
import { latchstringServer } from './_latchstring.ts'
import { openSqlite } from './_ownStores.ts'

const latchstringSqlite: Contestant = async (work) => latchstringServer(work, await openSqlite(work))

export default latchstringSqlite
