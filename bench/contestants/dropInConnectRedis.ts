import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'
import type { Contestant } from '../work.ts'
import { dropInServer } from './_dropIn.ts'

const dropInConnectRedis: Contestant = async (work) => {
  const client = await createClient({ url: work.redis }).connect()
  return dropInServer(work, { store: new RedisStore({ client, prefix: work.prefix }) })
}

export default dropInConnectRedis
