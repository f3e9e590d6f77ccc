import { countingPool } from '../queries.ts'
import type { Contestant } from '../work.ts'
import { betterAuthServer } from './_betterAuth.ts'

const betterAuthPostgres: Contestant = (work) =>
  betterAuthServer(work, { database: countingPool(work.postgres) })

export default betterAuthPostgres
