import { type RedisClient, redisStore } from 'latchstring/stores/redis'
import { createClient, createCluster } from 'redis'
import { probe } from '../probe.ts'
import type { OpenStore } from './database.ts'

const LONGEST_PAUSE = 2_000

/** Sessions in one Redis server, or in the cluster that these nodes belong to. */
export async function openRedis([first = '', ...others]: readonly string[]): Promise<OpenStore> {
  const { client, close } = await (others.length === 0 ? connect(first) : connectCluster([first, ...others]))
  const store = redisStore(client)
  await probe(store)
  return { store, close }
}

interface Connection {
  readonly client: RedisClient
  close(): Promise<void>
}

/** A start fails with the first attempt; a connection that was there comes back by itself. */
async function connect(url: string): Promise<Connection> {
  let wasConnected = false
  const reconnectStrategy = (tries: number) => wasConnected && Math.min(tries * 50, LONGEST_PAUSE)
  const client = createClient({ url, socket: { reconnectStrategy } })
  client.on('error', ignore)
  await client.connect()
  wasConnected = true
  return { client, close: async () => client.destroy() }
}

async function connectCluster(urls: readonly string[]): Promise<Connection> {
  const client = createCluster({
    rootNodes: urls.map((url) => ({ url })),
    defaults: { ...nodeDefaults(urls), disableOfflineQueue: true },
  })
  client.on('error', ignore)
  await client.connect()
  return { client, close: async () => client.destroy() }
}

/** What leads to one node leads to those that it tells of. */
function nodeDefaults([first = '']: readonly string[]) {
  const { protocol, username, password } = new URL(first)
  return {
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { socket: { tls: true as const } }),
  }
}

/** Every request that suffers from it is reported by itself. */
function ignore(): void {}
