import type { Contestant } from '../work.ts'
import { dropInServer } from './_dropIn.ts'
import { openMysql } from './_ownStores.ts'

const dropInMysql: Contestant = async (work) => dropInServer(work, { store: await openMysql(work) })

export default dropInMysql
