import type { Contestant } from '../work.ts'
import { latchstringServer } from './_latchstring.ts'
import { openMemory } from './_ownStores.ts'

const latchstringMemory: Contestant = async (work) => latchstringServer(work, await openMemory(work))

export default latchstringMemory
