import type { Contestant } from '../work.ts'
import { dropInServer } from './_dropIn.ts'

/** The MemoryStore that the drop-in brings along. */
const dropInMemory: Contestant = (work) => dropInServer(work, {})

export default dropInMemory
