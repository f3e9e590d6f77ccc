import { LatchstringError } from '../core/errors.ts'

/** A client of node-redis: `createClient` or `createClientPool`. */
export interface NodeRedisClient {
  readonly isReady?: boolean
  sendCommand(command: string[], options: NodeRedisOptions): Promise<unknown>
}

/** `createCluster` of node-redis. */
export interface NodeRedisCluster {
  readonly isReady?: boolean
  readonly masters: readonly object[]
  nodeClient(node: object): Promise<NodeRedisClient>
  sendCommand(
    key: string,
    isReadonly: boolean,
    command: string[],
    options: NodeRedisOptions,
  ): Promise<unknown>
}

/** `createSentinel` of node-redis. */
export interface NodeRedisSentinel {
  readonly isReady?: boolean
  getMasterNode(): unknown
  sendCommand(isReadonly: boolean, command: string[], options: NodeRedisOptions): Promise<unknown>
}

/** `new Redis()` of ioredis, with or without Sentinels. */
export interface IoredisClient {
  readonly status: string
  readonly options: { readonly keyPrefix?: string | undefined; readonly role?: string | undefined }
  call(name: string, args: string[]): Promise<unknown>
}

/** `new Cluster()` of ioredis. */
export interface IoredisCluster {
  readonly status: string
  readonly options: { readonly keyPrefix?: string | undefined; readonly scaleReads?: unknown }
  nodes(role: 'master'): IoredisClient[]
  call(name: string, args: string[]): Promise<unknown>
}

export type RedisClient =
  | NodeRedisClient
  | NodeRedisCluster
  | NodeRedisSentinel
  | IoredisClient
  | IoredisCluster

interface NodeRedisOptions {
  readonly timeout: number
  readonly typeMapping: Readonly<Record<string, never>>
}

/**
 * node-redis hangs an AbortSignal.timeout on every command, which costs more than the command itself and ends
 * with the writing of the command, not with its reply. The engine's deadline covers both. Texts come as strings,
 * whatever the application maps them to.
 */
const NODE_REDIS_OPTIONS: NodeRedisOptions = { timeout: 0, typeMapping: {} }

export type Send = (command: string[]) => Promise<unknown>

/** What the store needs of a client, whichever it is. */
export interface Connection {
  /** Sends a command to the master that has the key. */
  send(key: string, command: string[]): Promise<unknown>
  /** A sender to each master. */
  masters(): Promise<Send[]>
  /** What the client puts before each key by itself. */
  readonly keyPrefix: string
}

/** @throws LatchstringError `invalid_option` when it is no client, or one that reads from replicas. */
export function connectionOf(client: RedisClient): Connection {
  if (typeof client !== 'object' || client === null) throw noClient()
  if ('call' in client) return 'nodes' in client ? ioredisCluster(client) : ioredis(client)
  if ('nodeClient' in client) return nodeRedisCluster(client)
  if ('getMasterNode' in client) return nodeRedisSentinel(client)
  if (typeof client.sendCommand !== 'function') throw noClient()
  return nodeRedis(client)
}

function nodeRedis(client: NodeRedisClient): Connection {
  const send: Send = (command) => client.sendCommand(command, NODE_REDIS_OPTIONS)
  return oneServer(
    whileConnected(() => client.isReady !== false, send),
    '',
  )
}

function nodeRedisSentinel(client: NodeRedisSentinel): Connection {
  const send: Send = (command) => client.sendCommand(false, command, NODE_REDIS_OPTIONS)
  return oneServer(
    whileConnected(() => client.isReady !== false, send),
    '',
  )
}

function nodeRedisCluster(client: NodeRedisCluster): Connection {
  const senderTo = async (node: object): Promise<Send> => {
    const nodeClient = await client.nodeClient(node)
    return (command) =>
      nodeClient.isReady === false
        ? Promise.reject(disconnected())
        : nodeClient.sendCommand(command, NODE_REDIS_OPTIONS)
  }
  return {
    // "Not read-only" is what keeps reads on the masters.
    send: (key, command) => client.sendCommand(key, false, command, NODE_REDIS_OPTIONS),
    masters: () => Promise.all(client.masters.map(senderTo)),
    keyPrefix: '',
  }
}

function ioredis(client: IoredisClient): Connection {
  const { keyPrefix = '', role } = client.options
  if (role === 'slave') throw readsReplicas('role: "slave"')
  return oneServer(
    whileConnected(() => client.status === 'ready', callOf(client)),
    keyPrefix,
  )
}

function ioredisCluster(client: IoredisCluster): Connection {
  const { keyPrefix = '', scaleReads = 'master' } = client.options
  if (scaleReads !== 'master') throw readsReplicas('scaleReads')
  const send = whileConnected(() => client.status === 'ready', callOf(client))
  return {
    send: (_key, command) => send(command),
    masters: async () => {
      // Until it is ready it knows no nodes. The answer comes when it is.
      if (client.status !== 'ready') await send(['PING'])
      return client.nodes('master').map(callOf)
    },
    keyPrefix,
  }
}

function callOf(client: Pick<IoredisClient, 'call'>): Send {
  return ([name = '', ...args]) => client.call(name, args)
}

function oneServer(send: Send, keyPrefix: string): Connection {
  return { send: (_key, command) => send(command), masters: async () => [send], keyPrefix }
}

/**
 * Refuses commands at once when a connection is lost: the clients would queue them without bound. Before it was
 * there for the first time they may wait for it.
 */
function whileConnected(isReady: () => boolean, send: Send): Send {
  let wasReady = false
  return (command) => {
    if (isReady()) wasReady = true
    else if (wasReady) return Promise.reject(disconnected())
    return send(command)
  }
}

function disconnected(): LatchstringError {
  return new LatchstringError(
    'store_unavailable',
    'The connection to Redis is lost. The client reconnects by itself.',
  )
}

function readsReplicas(option: string): LatchstringError {
  return new LatchstringError(
    'invalid_option',
    `The Redis client reads from replicas, where a session that was ended may still be alive. Give redisStore a client without ${option}.`,
  )
}

function noClient(): LatchstringError {
  return new LatchstringError(
    'invalid_option',
    'redisStore takes a client of node-redis (createClient, createCluster, createSentinel) or of ioredis (Redis, Cluster).',
  )
}
