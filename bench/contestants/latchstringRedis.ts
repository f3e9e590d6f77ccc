import type { Contestant } from '../work.ts'
import { latchstringServer } from './_latchstring.ts'
import { openRedis } from './_ownStores.ts'

const latchstringRedis: Contestant = async (work) => latchstringServer(work, await openRedis(work))

export default latchstringRedis
