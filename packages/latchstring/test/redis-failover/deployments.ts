import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { createClient } from 'redis'
import { KINDS } from '../../../../scripts/servers/kinds.ts'
import { freePort } from '../../../../scripts/servers/ports.ts'
import { clusterOptions } from '../../../../scripts/servers/redisCluster.ts'
import { provideServers, skippedLine } from '../../../../scripts/servers.ts'
import type { SeededRandom } from '../history/random.ts'
import { eventually, PrivateRedis } from '../redis-support.ts'

/** As scripts/servers/redisSentinel.ts calls it. */
export const MASTER_NAME = 'latchstring'

export type Kind = 'redis-sentinel' | 'redis-cluster'

/** Private servers with replicas. The victim is one of the masters, for a test to kill. */
export interface Deployment {
  readonly kind: Kind
  /** What clients are given: the sentinels, or the nodes of the cluster. */
  readonly ports: readonly number[]
  readonly victim: RedisNode
  /** Of the victim. */
  readonly replicas: readonly RedisNode[]
  /** Tells of each key whether the victim has it. */
  readonly ownedByVictim: (keys: readonly string[]) => Promise<boolean[]>
}

/** Null when the machine has no Redis: the test is skipped. */
export async function deploy(t: TestContext, kind: Kind, random: SeededRandom): Promise<Deployment | null> {
  const servers = await provideServers([kind], {})
  t.after(() => servers.stop())
  const [missing] = servers.missing
  if (missing !== undefined) {
    t.skip(skippedLine(missing))
    return null
  }
  const urls = servers.environment[KINDS[kind].variable] ?? ''
  const ports = urls.split(',').map((url) => Number(new URL(url).port))
  return kind === 'redis-cluster' ? clusterOf(t, ports, random) : behindSentinels(t, ports)
}

/** A server, by a connection for what no application sends. */
export class RedisNode {
  readonly port: number
  readonly #connection: { sendCommand(words: string[]): Promise<unknown> }

  private constructor(port: number, connection: { sendCommand(words: string[]): Promise<unknown> }) {
    this.port = port
    this.#connection = connection
  }

  static async at(t: TestContext, port: number): Promise<RedisNode> {
    const client = createClient({ RESP: 2, socket: { port, reconnectStrategy: false } })
    client.on('error', () => {})
    t.after(() => client.isOpen && client.destroy())
    await client.connect()
    return new RedisNode(port, client)
  }

  command(...words: string[]): Promise<unknown> {
    return this.#connection.sendCommand(words)
  }

  async replicaPorts(): Promise<number[]> {
    const info = String(await this.command('INFO', 'replication'))
    return [...info.matchAll(/^slave\d+:.*port=(\d+),state=online/gm)].map(([, port]) => Number(port))
  }

  /** Gives it no time for a last word to its replicas. */
  async kill(): Promise<void> {
    const info = String(await this.command('INFO', 'server'))
    process.kill(Number(/^process_id:(\d+)/m.exec(info)?.[1]), 'SIGKILL')
  }

  /** Throws its replicas out, which cannot come back until they are told `mayReturn`. */
  async cutOff(replicas: readonly RedisNode[]): Promise<void> {
    for (const replica of replicas) {
      await replica.command('CONFIG', 'SET', 'masteruser', 'nobody', 'masterauth', 'wrong')
    }
    await this.command('CLIENT', 'KILL', 'TYPE', 'replica')
  }

  async mayReturn(): Promise<void> {
    await this.command('CONFIG', 'SET', 'masteruser', '', 'masterauth', '')
  }
}

async function behindSentinels(t: TestContext, ports: readonly number[]): Promise<Deployment> {
  const sentinel = await RedisNode.at(t, ports[0] ?? 0)
  const address = await sentinel.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', MASTER_NAME)
  assert.ok(Array.isArray(address))
  const victim = await RedisNode.at(t, Number(address[1]))
  const replicas = await nodesAt(t, await victim.replicaPorts())
  const ownedByVictim = async (keys: readonly string[]) => keys.map(() => true)
  return { kind: 'redis-sentinel', ports, victim, replicas, ownedByVictim }
}

async function clusterOf(
  t: TestContext,
  ports: readonly number[],
  random: SeededRandom,
): Promise<Deployment> {
  const nodes = await nodesAt(t, ports)
  const roles = await Promise.all(nodes.map((node) => node.command('INFO', 'replication')))
  const victim = random.pick(nodes.filter((_, index) => String(roles[index]).includes('role:master')))
  assert.ok(victim !== undefined)
  const replicas = await nodesAt(t, await victim.replicaPorts())
  const [lowest, highest] = await slotsOf(victim)
  const ownedByVictim = async (keys: readonly string[]) => {
    const slots = await Promise.all(keys.map((key) => replicas[0]?.command('CLUSTER', 'KEYSLOT', key)))
    return slots.map((slot) => Number(slot) >= lowest && Number(slot) <= highest)
  }
  return { kind: 'redis-cluster', ports, victim, replicas, ownedByVictim }
}

/** A new cluster gives each master one range. */
async function slotsOf(master: RedisNode): Promise<[number, number]> {
  const nodes = String(await master.command('CLUSTER', 'NODES'))
  const [, lowest, highest] = /myself,master .* (\d+)-(\d+)$/m.exec(nodes) ?? []
  assert.ok(highest !== undefined, nodes)
  return [Number(lowest), Number(highest)]
}

function nodesAt(t: TestContext, ports: readonly number[]): Promise<RedisNode[]> {
  return Promise.all(ports.map((port) => RedisNode.at(t, port)))
}

/**
 * What docs/stores.md says about masters that have lost their replicas, on every server that may become one. The
 * victim gets a second replica, as the one that takes its place could otherwise not be written to.
 */
export async function withRequiredReplica(t: TestContext, deployment: Deployment): Promise<Deployment> {
  await addReplica(t, deployment)
  const replicas = await nodesAt(t, await deployment.victim.replicaPorts())
  for (const node of [deployment.victim, ...replicas]) {
    await node.command('CONFIG', 'SET', 'min-replicas-to-write', '1', 'min-replicas-max-lag', '10')
  }
  return { ...deployment, replicas }
}

async function addReplica(t: TestContext, { kind, ports, victim }: Deployment): Promise<void> {
  const quick = ['--repl-diskless-sync-delay', '0']
  if (kind === 'redis-sentinel') {
    await PrivateRedis.start(t, ...quick, '--replicaof', '127.0.0.1', String(victim.port))
    const sentinels = await nodesAt(t, ports)
    for (const sentinel of sentinels) await eventually(() => knowsReplicas(sentinel, 2))
    return
  }
  const busPort = await freePort()
  const server = await PrivateRedis.start(t, ...quick, ...clusterOptions(busPort))
  const port = new URL(server.url).port
  await victim.command('CLUSTER', 'MEET', '127.0.0.1', port, String(busPort))
  const replica = await RedisNode.at(t, Number(port))
  const master = String(await victim.command('CLUSTER', 'MYID'))
  await eventually(async () => void (await replica.command('CLUSTER', 'REPLICATE', master)))
  await eventually(async () => assert.equal((await victim.replicaPorts()).length, 2))
}

async function knowsReplicas(sentinel: RedisNode, count: number): Promise<void> {
  const replicas = await sentinel.command('SENTINEL', 'REPLICAS', MASTER_NAME)
  assert.ok(Array.isArray(replicas) && replicas.length === count)
}
