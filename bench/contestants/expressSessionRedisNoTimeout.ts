import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'
import type { Contestant } from '../work.ts'
import { expressSessionServer } from './_expressSession.ts'

/** The same without the timer that node-redis sets for each command unless it is told not to. */
const expressSessionRedisNoTimeout: Contestant = async (work) => {
  const client = await createClient({ url: work.redis, commandOptions: { timeout: 0 } }).connect()
  return expressSessionServer(work, { store: new RedisStore({ client, prefix: work.prefix }) })
}

export default expressSessionRedisNoTimeout
