import type { Contestant } from '../work.ts'
import { dropInServer } from './_dropIn.ts'
import { openRedis } from './_ownStores.ts'

const dropInRedis: Contestant = async (work) => dropInServer(work, { store: await openRedis(work) })

export default dropInRedis
