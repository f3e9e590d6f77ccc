import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createClient } from 'redis'
import { type Contestant, SQLITE_FILE } from '../work.ts'
import { betterAuthServer } from './_betterAuth.ts'

/** Sessions in Redis, as the `secondaryStorage` of its documentation; users in SQLite. */
const betterAuthRedis: Contestant = async (work) => {
  const client = await createClient({ url: work.redis }).connect()
  const keyOf = (key: string) => `${work.prefix}${key}`
  return betterAuthServer(work, {
    database: new DatabaseSync(join(work.folder, SQLITE_FILE)),
    secondaryStorage: {
      get: (key) => client.get(keyOf(key)),
      set: async (key, value, ttl) => {
        await client.set(keyOf(key), value, ttl === undefined ? {} : { EX: ttl })
      },
      getAndDelete: (key) => client.getDel(keyOf(key)),
      increment: async (key, ttl) => {
        const count = await client.incr(keyOf(key))
        if (count === 1) await client.expire(keyOf(key), ttl)
        return count
      },
      delete: async (key) => {
        await client.del(keyOf(key))
      },
    },
  })
}

export default betterAuthRedis
