import connectPgSimple from 'connect-pg-simple'
import session from 'express-session'
import { countingPool } from '../queries.ts'
import type { Contestant } from '../work.ts'
import { expressSessionServer } from './_expressSession.ts'

/** connect-pg-simple with its defaults. */
const expressSessionPostgres: Contestant = (work) => {
  const Store = connectPgSimple(session)
  const store = new Store({ pool: countingPool(work.postgres), createTableIfMissing: true })
  return expressSessionServer(work, { store })
}

export default expressSessionPostgres
