import { once } from 'node:events'
import { Cluster, Redis } from 'ioredis'
import { createCluster, createSentinel } from 'redis'
import type { OpenClient } from '../redis-support.ts'
import { type Kind, MASTER_NAME } from './deployments.ts'

type Open = (addresses: { host: string; port: number }[]) => Promise<OpenClient>

export const DRIVERS = ['node-redis', 'ioredis'] as const

export type Driver = (typeof DRIVERS)[number]

/** Milliseconds between two attempts to connect. */
const PAUSE = 500

/** As docs/stores.md tells an application to open them. */
const OPENERS: Readonly<Record<Kind, Readonly<Record<Driver, Open>>>> = {
  'redis-sentinel': { 'node-redis': nodeRedisSentinel, ioredis: ioredisSentinel },
  'redis-cluster': { 'node-redis': nodeRedisCluster, ioredis: ioredisCluster },
}

export function openClient(kind: Kind, driver: Driver, ports: readonly number[]): Promise<OpenClient> {
  return OPENERS[kind][driver](ports.map((port) => ({ host: '127.0.0.1', port })))
}

async function nodeRedisSentinel(sentinelRootNodes: { host: string; port: number }[]): Promise<OpenClient> {
  const client = createSentinel({ name: MASTER_NAME, sentinelRootNodes })
  client.on('error', () => {})
  await client.connect()
  return { client, close: () => client.destroy() }
}

async function ioredisSentinel(sentinels: { host: string; port: number }[]): Promise<OpenClient> {
  const client = new Redis({ name: MASTER_NAME, sentinels })
  client.on('error', () => {})
  await once(client, 'ready')
  return { client, close: () => client.disconnect() }
}

async function nodeRedisCluster(nodes: { host: string; port: number }[]): Promise<OpenClient> {
  const client = createCluster({
    rootNodes: nodes.map((socket) => ({ socket })),
    defaults: { socket: { reconnectStrategy: PAUSE } },
    topologyRefreshOnReconnectionAttemptStrategy: 2 * PAUSE,
  })
  client.on('error', () => {})
  await client.connect()
  return { client, close: () => client.destroy() }
}

async function ioredisCluster(nodes: { host: string; port: number }[]): Promise<OpenClient> {
  const client = new Cluster(nodes)
  client.on('error', () => {})
  await once(client, 'ready')
  return { client, close: () => client.disconnect() }
}
