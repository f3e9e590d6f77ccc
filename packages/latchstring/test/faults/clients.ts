import { once } from 'node:events'
import { Cluster, Redis } from 'ioredis'
import mysql from 'mysql2/promise'
import pg from 'pg'
import postgres from 'postgres'
import { createClient, createCluster } from 'redis'
import type { ServerKind } from '../../../../scripts/servers/kinds.ts'
import type { Store } from '../../src/core/types.ts'
import { mysqlStore } from '../../src/stores/mysql.ts'
import { postgresStore } from '../../src/stores/postgres.ts'
import { redisStore } from '../../src/stores/redis.ts'
import { freshPrefix } from '../redis-support.ts'
import type { FaultyNetworks } from './proxy.ts'

export interface OpenStore {
  readonly store: Store
  close(): Promise<void>
}

/** A store as docs/stores.md tells an application to open it, with what else it says for a quick return. */
export interface Client {
  readonly name: string
  readonly kind: ServerKind
  /** The most connections to one server in fair weather. */
  readonly connections: number
  readonly open: (networks: FaultyNetworks) => Promise<OpenStore>
}

/** Milliseconds between two attempts to connect: by themselves some clients wait up to five seconds, or twenty. */
const PAUSE = 500

/** Of the pools of pg, mysql2 and postgres.js, unless told otherwise. */
const POOL = 10

export const CLIENTS: readonly Client[] = [
  { name: 'PostgreSQL by pg', kind: 'postgres', connections: POOL, open: openPg },
  { name: 'PostgreSQL by postgres.js', kind: 'postgres', connections: POOL, open: openPostgresJs },
  { name: 'MariaDB by mysql2', kind: 'mysql', connections: POOL, open: openMysql },
  { name: 'Redis by node-redis', kind: 'redis', connections: 1, open: openNodeRedis },
  { name: 'Redis by ioredis', kind: 'redis', connections: 1, open: openIoredis },
  // One that asks for the map of the cluster is open for a moment beside the usual one.
  { name: 'Redis Cluster by node-redis', kind: 'redis-cluster', connections: 2, open: openNodeRedisCluster },
  { name: 'Redis Cluster by ioredis', kind: 'redis-cluster', connections: 2, open: openIoredisCluster },
]

async function openPg({ urls: [connectionString = ''] }: FaultyNetworks): Promise<OpenStore> {
  const pool = new pg.Pool({ connectionString })
  return { store: postgresStore(pool), close: () => pool.end() }
}

async function openPostgresJs({ urls: [url = ''] }: FaultyNetworks): Promise<OpenStore> {
  // What asks for types ends in an unhandled rejection when `end` takes its connection away.
  const sql = postgres(url, { backoff: () => PAUSE / 1_000, fetch_types: false })
  return { store: postgresStore(sql), close: () => sql.end({ timeout: 0 }).catch(() => {}) }
}

async function openMysql({ urls: [url = ''] }: FaultyNetworks): Promise<OpenStore> {
  const pool = mysql.createPool(url)
  return { store: mysqlStore(pool), close: () => pool.end() }
}

async function openNodeRedis({ urls: [url = ''] }: FaultyNetworks): Promise<OpenStore> {
  const client = createClient({ url, socket: { reconnectStrategy: PAUSE } })
  client.on('error', () => {})
  await client.connect()
  return { store: redisStore(client, { prefix: freshPrefix() }), close: async () => client.destroy() }
}

async function openIoredis({ urls: [url = ''] }: FaultyNetworks): Promise<OpenStore> {
  const client = new Redis(url, { retryStrategy: () => PAUSE })
  client.on('error', () => {})
  await once(client, 'ready')
  return { store: redisStore(client, { prefix: freshPrefix() }), close: async () => client.disconnect() }
}

async function openNodeRedisCluster({ urls, addresses }: FaultyNetworks): Promise<OpenStore> {
  const client = createCluster({
    rootNodes: urls.map((url) => ({ url })),
    nodeAddressMap: addresses,
    defaults: { socket: { reconnectStrategy: PAUSE } },
  })
  client.on('error', () => {})
  await client.connect()
  return { store: redisStore(client, { prefix: freshPrefix() }), close: async () => client.destroy() }
}

async function openIoredisCluster({ urls, addresses }: FaultyNetworks): Promise<OpenStore> {
  const client = new Cluster([...urls], { natMap: addresses, clusterRetryStrategy: () => PAUSE })
  client.on('error', () => {})
  await once(client, 'ready')
  return { store: redisStore(client, { prefix: freshPrefix() }), close: async () => client.disconnect() }
}
