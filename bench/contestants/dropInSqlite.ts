import type { Contestant } from '../work.ts'
import { dropInServer } from './_dropIn.ts'
import { openSqlite } from './_ownStores.ts'

const dropInSqlite: Contestant = async (work) => dropInServer(work, { store: await openSqlite(work) })

export default dropInSqlite
