import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, freePorts } from './ports.ts'
import type { Recipe } from './recipe.ts'
import { redisCommand, redisUrl, serveRedis } from './redis.ts'
import type { Workplace } from './workplace.ts'

/** The name under which the sentinels know their master. */
const MASTER_NAME = 'latchstring'

const SENTINELS = 3

/** The URL lists the sentinels, not the master. */
export const redisSentinel: Recipe = {
  kind: 'redis-sentinel',
  programs: ['redis-server', 'redis-cli'],
  debianPackage: 'redis-server',
  stopSignal: 'SIGKILL',
  async start(workplace) {
    const master = await freePort()
    await serveRedis(workplace, master, ['--repl-diskless-sync-delay', '0'])
    await serveRedis(workplace, await freePort(), ['--replicaof', `127.0.0.1 ${master}`])
    const sentinels = await freePorts(SENTINELS)
    await Promise.all(sentinels.map((port) => serveSentinel(workplace, port, master)))
    for (const port of sentinels) await workplace.until(() => isWatching(workplace, port))
    return sentinels.map(redisUrl).join(',')
  },
}

function serveSentinel(workplace: Workplace, port: number, master: number): Promise<void> {
  const folder = workplace.subfolder(String(port))
  const file = join(folder, 'sentinel.conf')
  writeFileSync(file, sentinelSettings(folder, port, master))
  // A sentinel keeps its state in its settings.
  chmodSync(file, 0o666)
  return workplace.serve('redis-server', [file, '--sentinel'], /Sentinel ID is/)
}

export function sentinelSettings(folder: string, port: number, master: number): string {
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir "${folder}"`,
    `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${master} 2`,
    `sentinel down-after-milliseconds ${MASTER_NAME} 500`,
    `sentinel failover-timeout ${MASTER_NAME} 3000`,
  ]
  return `${lines.join('\n')}\n`
}

async function isWatching(workplace: Workplace, port: number): Promise<boolean> {
  const state = await redisCommand(workplace, port, 'sentinel', 'master', MASTER_NAME)
  return /num-slaves\n1\n/.test(state) && state.includes(`num-other-sentinels\n${SENTINELS - 1}\n`)
}
