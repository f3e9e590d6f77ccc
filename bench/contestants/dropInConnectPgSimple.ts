import connectPgSimple from 'connect-pg-simple'
import session from 'express-session'
import { countingPool } from '../queries.ts'
import type { Contestant } from '../work.ts'
import { dropInServer } from './_dropIn.ts'

const dropInConnectPgSimple: Contestant = (work) => {
  const Store = connectPgSimple(session)
  const store = new Store({ pool: countingPool(work.postgres), createTableIfMissing: true })
  return dropInServer(work, { store })
}

export default dropInConnectPgSimple
