import type { Clock, Store } from '../../src/core/types.ts'
import { type CachedStore, cached, type InvalidationBus } from '../../src/stores/cached.ts'
import { until } from '../bus-listener.ts'

/** Where several processes find the same store. */
export interface Place {
  readonly kind: 'sqlite' | 'postgres' | 'mysql' | 'redis' | 'redis-cluster'
  /** A path, a URL, or the URLs of a cluster's nodes separated by commas. */
  readonly url: string
  /** What the keys in Redis begin with. */
  readonly prefix: string
  /** How each process has a cache of its own. Without it, none has one. */
  readonly cache?: CachePlace
}

/** Where caches tell each other what has changed. */
export interface CachePlace {
  readonly bus: 'postgres' | 'redis'
  readonly url: string
  readonly channel: string
  /** In milliseconds. */
  readonly ttl: number
}

export interface OpenStore {
  /** With a cache, if the place has any. */
  readonly store: Store
  /** The store without its cache. */
  readonly bare: Store
  readonly cache: CachedStore | null
  close(): Promise<void>
}

/** What a test does otherwise than an application. */
export interface Parts {
  /** How long to wait for a connection, in milliseconds. Default: 1,000. */
  readonly patience?: number
  /** The time of the cache. */
  readonly clock?: Clock
  /** Whether to talk to Redis by ioredis, which begins in half the time: for tests that start hundreds of processes. */
  readonly isBrief?: boolean
  /** What to put between the cache and its bus. */
  readonly tap?: (bus: InvalidationBus) => InvalidationBus
}

const PATIENCE = 1_000

/** The store as an application would open it, and its cache in use: the bus is connected. */
export async function openStore(place: Place, parts: Parts = {}): Promise<OpenStore> {
  const openers = parts.isBrief === true ? BRIEF_OPENERS : OPENERS
  const opened = await openers[place.kind](place, parts.patience ?? PATIENCE)
  if (place.cache !== undefined) return openCached(opened, place.cache, parts)
  return { ...opened, bare: opened.store, cache: null }
}

async function openCached(opened: Opened, place: CachePlace, parts: Parts): Promise<OpenStore> {
  const { clock = Date.now, tap = (bus) => bus, patience = PATIENCE } = parts
  const { bus, close } = await BUSES[place.bus](place, patience)
  const cache = cached(opened.store, { bus: tap(bus), ttl: place.ttl, clock })
  await until(() => cache.stats().isConnected, 'the bus is connected')
  return {
    store: cache,
    bare: opened.store,
    cache,
    close: async () => {
      cache.close()
      await close()
      await opened.close()
    },
  }
}

interface Opened {
  readonly store: Store
  close(): Promise<void>
}

type Openers = Readonly<Record<Place['kind'], (place: Place, patience: number) => Promise<Opened>>>

/** Drivers are loaded when they are asked for: some tests start hundreds of processes. */
const OPENERS: Openers = {
  sqlite: async ({ url }) => {
    const { sqliteStore } = await import('../../src/stores/sqlite.ts')
    const store = sqliteStore(url)
    return { store, close: async () => store.close() }
  },
  postgres: async ({ url }, patience) => {
    const { Pool } = await import('pg')
    const { postgresStore } = await import('../../src/stores/postgres.ts')
    const pool = new Pool({ connectionString: url, max: 4, connectionTimeoutMillis: patience })
    return { store: postgresStore(pool), close: () => pool.end() }
  },
  mysql: async ({ url }, patience) => {
    const { createPool } = await import('mysql2/promise')
    const { mysqlStore } = await import('../../src/stores/mysql.ts')
    const pool = createPool({ uri: url, connectionLimit: 4, connectTimeout: patience })
    return { store: mysqlStore(pool), close: () => pool.end() }
  },
  redis: async ({ url, prefix }) => {
    const { createClient } = await import('redis')
    const { redisStore } = await import('../../src/stores/redis.ts')
    const client = createClient({ url, disableOfflineQueue: true })
    client.on('error', () => {})
    await client.connect()
    return { store: redisStore(client, { prefix }), close: async () => client.destroy() }
  },
  'redis-cluster': async ({ url: urls, prefix }) => {
    const { createCluster } = await import('redis')
    const { redisStore } = await import('../../src/stores/redis.ts')
    const client = createCluster({ rootNodes: urls.split(',').map((url) => ({ url })) })
    client.on('error', () => {})
    await client.connect()
    return { store: redisStore(client, { prefix }), close: async () => client.destroy() }
  },
}

const BRIEF_OPENERS: Openers = {
  ...OPENERS,
  redis: async ({ url, prefix }) => {
    const { Redis } = await import('ioredis')
    const { redisStore } = await import('../../src/stores/redis.ts')
    const client = new Redis(url)
    return { store: redisStore(client, { prefix }), close: async () => client.disconnect() }
  },
  'redis-cluster': async ({ url: urls, prefix }) => {
    const { Cluster } = await import('ioredis')
    const { redisStore } = await import('../../src/stores/redis.ts')
    const client = new Cluster(urls.split(','))
    return { store: redisStore(client, { prefix }), close: async () => client.disconnect() }
  },
}

interface OpenBus {
  readonly bus: InvalidationBus
  close(): Promise<void>
}

/** With connections of its own, so that a test can cut them and leave the store alone. */
const BUSES: Readonly<Record<CachePlace['bus'], (place: CachePlace, patience: number) => Promise<OpenBus>>> =
  {
    postgres: async ({ url, channel }, patience) => {
      const { Pool } = await import('pg')
      const { postgresBus } = await import('../../src/stores/postgresBus.ts')
      // One connection listens. The only other one sends messages in the order of their publication.
      const pool = new Pool({ connectionString: url, max: 2, connectionTimeoutMillis: patience })
      pool.on('error', () => {})
      return { bus: postgresBus(pool, channel), close: () => pool.end() }
    },
    redis: async ({ url, channel }) => {
      const { createClient } = await import('redis')
      const { redisBus } = await import('../../src/stores/redisBus.ts')
      const publisher = createClient({ url, disableOfflineQueue: true })
      const subscriber = createClient({ url })
      const clients = [publisher, subscriber]
      for (const client of clients) await client.on('error', () => {}).connect()
      return {
        bus: redisBus(publisher, subscriber, channel),
        close: async () => {
          for (const client of clients) client.destroy()
        },
      }
    },
  }
