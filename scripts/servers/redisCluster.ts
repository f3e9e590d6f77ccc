import { freePorts } from './ports.ts'
import type { Recipe } from './recipe.ts'
import { redisCommand, redisUrl, serveRedis } from './redis.ts'
import type { Workplace } from './workplace.ts'

const MASTERS = 3
const REPLICAS_OF_EACH = 1
const NODES = MASTERS * (1 + REPLICAS_OF_EACH)

export const redisCluster: Recipe = {
  kind: 'redis-cluster',
  programs: ['redis-server', 'redis-cli'],
  debianPackage: 'redis-server',
  stopSignal: 'SIGKILL',
  async start(workplace) {
    const ports = await freePorts(NODES)
    const busPorts = await freePorts(NODES)
    await Promise.all(
      ports.map((port, node) => serveRedis(workplace, port, clusterOptions(busPorts[node] ?? 0))),
    )
    await workplace.run('redis-cli', createArguments(ports))
    await workplace.until(() => every(ports, (port) => isJoined(workplace, port)))
    return ports.map(redisUrl).join(',')
  },
}

export function clusterOptions(busPort: number): string[] {
  return [
    ...['--cluster-enabled', 'yes'],
    ...['--cluster-port', String(busPort)],
    // A fail-over within seconds, but none because a busy machine was slow.
    ...['--cluster-node-timeout', '2000'],
    ...['--repl-diskless-sync-delay', '0'],
  ]
}

export function createArguments(ports: readonly number[]): string[] {
  const nodes = ports.map((port) => `127.0.0.1:${port}`)
  return ['--cluster', 'create', ...nodes, '--cluster-replicas', String(REPLICAS_OF_EACH), '--cluster-yes']
}

/** A node that knows the whole cluster and has its replica, or its master, at hand. */
async function isJoined(workplace: Workplace, port: number): Promise<boolean> {
  const cluster = await redisCommand(workplace, port, 'cluster', 'info')
  const replication = await redisCommand(workplace, port, 'info', 'replication')
  const isComplete = /cluster_state:ok/.test(cluster) && cluster.includes(`cluster_known_nodes:${NODES}`)
  return isComplete && /state=online|master_link_status:up/.test(replication)
}

async function every(ports: readonly number[], isTrue: (port: number) => Promise<boolean>): Promise<boolean> {
  const answers = await Promise.all(ports.map(isTrue))
  return answers.every((answer) => answer)
}
