import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster } from 'redis'
import { freePort } from '../../../scripts/servers/ports.ts'
import { redisArguments, redisUrl } from '../../../scripts/servers/redis.ts'
import type { Row } from '../src/core/types.ts'
import type { RedisClient } from '../src/stores/redis.ts'

/** A client as the application would open it. */
export interface OpenClient {
  readonly client: RedisClient
  close(): void
}

/** Both drivers. The URL names one server, or some nodes of a cluster, separated by commas. */
export const DRIVERS: Readonly<Record<string, (url: string) => Promise<OpenClient>>> = {
  'node-redis': async (url) => (url.includes(',') ? nodeRedisCluster(url) : nodeRedis(url)),
  ioredis: async (url) => (url.includes(',') ? ioredisCluster(url) : ioredis(url)),
}

export async function nodeRedis(url: string): Promise<OpenClient> {
  const client = createClient({ url })
  client.on('error', () => {})
  await client.connect()
  return { client, close: () => client.destroy() }
}

async function nodeRedisCluster(urls: string): Promise<OpenClient> {
  const client = createCluster({ rootNodes: urls.split(',').map((url) => ({ url })) })
  client.on('error', () => {})
  await client.connect()
  return { client, close: () => client.destroy() }
}

async function ioredis(url: string): Promise<OpenClient> {
  const client = new Redis(url)
  client.on('error', () => {})
  await once(client, 'ready')
  return { client, close: () => client.disconnect() }
}

async function ioredisCluster(urls: string): Promise<OpenClient> {
  const client = new Cluster(urls.split(','))
  client.on('error', () => {})
  await once(client, 'ready')
  return { client, close: () => client.disconnect() }
}

/** Tests share the servers, and have keys of their own. */
export function freshPrefix(): string {
  return `test-${randomUUID()}:`
}

export function aRow(key: string, changes: Partial<Row> = {}): Row {
  return { key, userId: 'user', version: 1, expiresAt: 1_900_000_000_000, payload: '{}', ...changes }
}

/** Asks again and again, for what others do in their own time. */
export async function eventually(check: () => Promise<void> | void): Promise<void> {
  for (const end = performance.now() + 30_000; ; await sleep(20)) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() > end) throw error
    }
  }
}

const NOBODY = 65534

/** A server of its own for a test that stops it or sets it up wrongly. */
export class PrivateRedis {
  readonly url: string
  readonly #port: number
  readonly #options: readonly string[]
  readonly #folder = mkdtempSync(join(tmpdir(), 'latchstring-redis-'))
  #process: ChildProcess | null = null

  private constructor(port: number, options: readonly string[]) {
    this.#port = port
    this.#options = options
    this.url = redisUrl(port)
    // Others than the one who made the folder run the server.
    chmodSync(this.#folder, 0o777)
  }

  static async start(t: TestContext, ...options: string[]): Promise<PrivateRedis> {
    const server = new PrivateRedis(await freePort(), options)
    t.after(() => server.#remove())
    await server.restart()
    return server
  }

  async restart(): Promise<void> {
    const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
    const args = redisArguments(this.#folder, this.#port, this.#options)
    this.#process = spawn('redis-server', args, { ...user, stdio: 'ignore' })
    await eventually(() => assert.equal(this.command('PING'), 'PONG\n'))
  }

  command(...command: string[]): string {
    return spawnSync('redis-cli', ['-p', String(this.#port), ...command], { encoding: 'utf8' }).stdout
  }

  async kill(): Promise<void> {
    const running = this.#process
    if (running === null) return
    this.#process = null
    const gone = once(running, 'exit')
    running.kill('SIGKILL')
    await gone
  }

  async #remove(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
