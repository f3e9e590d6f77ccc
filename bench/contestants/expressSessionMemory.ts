import type { Contestant } from '../work.ts'
import { expressSessionServer } from './_expressSession.ts'

/** express-session with the MemoryStore that it brings along. */
const expressSessionMemory: Contestant = (work) => expressSessionServer(work)

export default expressSessionMemory
