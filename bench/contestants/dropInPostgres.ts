import type { Contestant } from '../work.ts'
import { dropInServer } from './_dropIn.ts'
import { openPostgres } from './_ownStores.ts'

const dropInPostgres: Contestant = async (work) => dropInServer(work, { store: await openPostgres(work) })

export default dropInPostgres
