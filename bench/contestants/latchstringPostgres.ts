import type { Contestant } from '../work.ts'
import { latchstringServer } from './_latchstring.ts'
import { openPostgres } from './_ownStores.ts'

const latchstringPostgres: Contestant = async (work) => latchstringServer(work, await openPostgres(work))

export default latchstringPostgres
