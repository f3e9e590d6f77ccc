import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'
import type { Contestant } from '../work.ts'
import { expressSessionServer } from './_expressSession.ts'

/** connect-redis as its README sets it up. */
const expressSessionRedis: Contestant = async (work) => {
  const client = await createClient({ url: work.redis }).connect()
  return expressSessionServer(work, { store: new RedisStore({ client, prefix: work.prefix }) })
}

export default expressSessionRedis
