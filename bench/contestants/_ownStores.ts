import { join } from 'node:path'
import type { Store } from 'latchstring'
import { cached, type InvalidationBus } from 'latchstring/stores/cached'
import { memoryStore } from 'latchstring/stores/memory'
import { mysqlStore } from 'latchstring/stores/mysql'
import { postgresStore } from 'latchstring/stores/postgres'
import { postgresBus } from 'latchstring/stores/postgresBus'
import { redisStore } from 'latchstring/stores/redis'
import { redisBus } from 'latchstring/stores/redisBus'
import { sqliteStore } from 'latchstring/stores/sqlite'
import { createPool } from 'mysql2/promise'
import { createClient } from 'redis'
import { countingPool } from '../queries.ts'
import { SQLITE_FILE, type Work } from '../work.ts'

/** Each store of ours as docs/stores.md sets it up. */
type Opener = (work: Work) => Store | Promise<Store>

export const openMemory: Opener = () => memoryStore()

export const openSqlite: Opener = ({ folder }) => sqliteStore(join(folder, SQLITE_FILE))

export const openRedis: Opener = async ({ redis, prefix }) =>
  redisStore(await createClient({ url: redis }).connect(), { prefix })

export const openPostgres: Opener = ({ postgres }) => postgresStore(countingPool(postgres))

export const openMysql: Opener = ({ mysql }) => mysqlStore(createPool(mysql))

export const openRedisCached: Opener = async ({ redis, prefix }) => {
  const client = await createClient({ url: redis }).connect()
  const bus = redisBus(client, await client.duplicate().connect(), prefix)
  return cached(redisStore(client, { prefix }), { bus })
}

export const openPostgresCached: Opener = ({ postgres }) => {
  const pool = countingPool(postgres)
  return cached(postgresStore(pool), { bus: postgresBus(pool) })
}

export const openSqliteCached: Opener = async (work) => cached(await openSqlite(work), { bus: ONE_PROCESS })

export const openMysqlCached: Opener = async (work) => cached(await openMysql(work), { bus: ONE_PROCESS })

/** Where nobody else is to be told. */
export const ONE_PROCESS: InvalidationBus = {
  publish: async () => {},
  subscribe: async (listener) => {
    listener.connected()
    return () => {}
  },
}
