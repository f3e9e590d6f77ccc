import type { Store } from '../../src/core/types.ts'
import { cached } from '../../src/stores/cached.ts'

/** Where several processes find the same store. */
export interface Place {
  readonly kind: 'sqlite' | 'postgres' | 'mysql' | 'redis' | 'redis-cluster'
  /** A path, a URL, or the URLs of a cluster's nodes separated by commas. */
  readonly url: string
  /** What the keys in Redis begin with. */
  readonly prefix: string
  /** Whether each process has a cache, with a bus over the same server. */
  readonly isCached?: boolean
}

export interface OpenStore {
  readonly store: Store
  close(): Promise<void>
}

/** The store as an application would open it. */
export function openStore({ kind, url, prefix, isCached = false }: Place): Promise<OpenStore> {
  if (isCached && kind === 'postgres') return openCachedPostgres(url, prefix)
  if (isCached && kind === 'redis') return openCachedRedis(url, prefix)
  return OPENERS[kind](url, prefix)
}

async function openCachedPostgres(connectionString: string, channel: string): Promise<OpenStore> {
  const { Pool } = await import('pg')
  const { postgresStore } = await import('../../src/stores/postgres.ts')
  const { postgresBus } = await import('../../src/stores/postgresBus.ts')
  const pool = new Pool({ connectionString, max: 5 })
  const store = cached(postgresStore(pool), { bus: postgresBus(pool, channel) })
  return {
    store,
    close: () => {
      store.close()
      return pool.end()
    },
  }
}

async function openCachedRedis(url: string, prefix: string): Promise<OpenStore> {
  const { createClient } = await import('redis')
  const { redisStore } = await import('../../src/stores/redis.ts')
  const { redisBus } = await import('../../src/stores/redisBus.ts')
  const client = createClient({ url })
  const subscriber = client.duplicate()
  for (const one of [client, subscriber]) await one.on('error', () => {}).connect()
  const store = cached(redisStore(client, { prefix }), { bus: redisBus(client, subscriber, `${prefix}bus`) })
  return {
    store,
    close: async () => {
      store.close()
      for (const one of [client, subscriber]) one.destroy()
    },
  }
}

/** Drivers are loaded when they are asked for: some tests start hundreds of processes. */
const OPENERS: Readonly<Record<Place['kind'], (url: string, prefix: string) => Promise<OpenStore>>> = {
  sqlite: async (url) => {
    const { sqliteStore } = await import('../../src/stores/sqlite.ts')
    const store = sqliteStore(url)
    return { store, close: async () => store.close() }
  },
  postgres: async (connectionString) => {
    const { Pool } = await import('pg')
    const { postgresStore } = await import('../../src/stores/postgres.ts')
    const pool = new Pool({ connectionString, max: 4, connectionTimeoutMillis: 1_000 })
    return { store: postgresStore(pool), close: () => pool.end() }
  },
  mysql: async (uri) => {
    const { createPool } = await import('mysql2/promise')
    const { mysqlStore } = await import('../../src/stores/mysql.ts')
    const pool = createPool({ uri, connectionLimit: 4, connectTimeout: 1_000 })
    return { store: mysqlStore(pool), close: () => pool.end() }
  },
  redis: async (url, prefix) => {
    const { createClient } = await import('redis')
    const { redisStore } = await import('../../src/stores/redis.ts')
    const client = createClient({ url, disableOfflineQueue: true })
    client.on('error', () => {})
    await client.connect()
    return { store: redisStore(client, { prefix }), close: async () => client.destroy() }
  },
  'redis-cluster': async (urls, prefix) => {
    const { createCluster } = await import('redis')
    const { redisStore } = await import('../../src/stores/redis.ts')
    const client = createCluster({ rootNodes: urls.split(',').map((url) => ({ url })) })
    client.on('error', () => {})
    await client.connect()
    return { store: redisStore(client, { prefix }), close: async () => client.destroy() }
  },
}
