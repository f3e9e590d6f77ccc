import type { Contestant } from '../work.ts'
import { latchstringServer } from './_latchstring.ts'
import { openMysql } from './_ownStores.ts'

const latchstringMysql: Contestant = async (work) => latchstringServer(work, await openMysql(work))

export default latchstringMysql
