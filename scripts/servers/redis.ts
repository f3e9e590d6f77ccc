import { freePort } from './ports.ts'
import type { Recipe } from './recipe.ts'
import type { Workplace } from './workplace.ts'

export const redis: Recipe = {
  kind: 'redis',
  programs: ['redis-server'],
  debianPackage: 'redis-server',
  stopSignal: 'SIGKILL',
  async start(workplace) {
    const port = await freePort()
    await serveRedis(workplace, port)
    return redisUrl(port)
  },
}

/** One Redis process in a folder of its own. */
export function serveRedis(
  workplace: Workplace,
  port: number,
  options: readonly string[] = [],
): Promise<void> {
  const args = redisArguments(workplace.subfolder(String(port)), port, options)
  return workplace.serve('redis-server', args, /Ready to accept connections/)
}

export function redisArguments(folder: string, port: number, options: readonly string[] = []): string[] {
  return [
    ...['--bind', '127.0.0.1'],
    ...['--port', String(port)],
    ...['--dir', folder],
    ...['--save', ''],
    ...['--appendonly', 'no'],
    // A session store that evicts would log people out at random.
    ...['--maxmemory-policy', 'noeviction'],
    ...options,
  ]
}

export function redisUrl(port: number): string {
  return `redis://127.0.0.1:${port}`
}

export function redisCommand(workplace: Workplace, port: number, ...words: string[]): Promise<string> {
  return workplace.run('redis-cli', ['-h', '127.0.0.1', '-p', String(port), ...words])
}
