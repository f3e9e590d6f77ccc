import { freePort } from './ports.ts'
import type { Recipe } from './recipe.ts'

export const postgres: Recipe = {
  kind: 'postgres',
  programs: ['initdb', 'postgres'],
  debianPackage: 'postgresql',
  // The fast shutdown: a kill would leave its shared memory behind.
  stopSignal: 'SIGINT',
  async start(workplace) {
    const data = workplace.subfolder('data')
    const port = await freePort()
    await workplace.run('initdb', initdbArguments(data))
    await workplace.serve('postgres', postgresArguments(data, port), /ready to accept connections/)
    return `postgresql://postgres@127.0.0.1:${port}/postgres`
  },
}

export function initdbArguments(data: string): string[] {
  return ['-D', data, '-U', 'postgres', '--auth=trust', '--no-sync', '-E', 'UTF8', '--locale=C']
}

export function postgresArguments(data: string, port: number): string[] {
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    // Nothing here has to survive a crash.
    'fsync=off',
    'full_page_writes=off',
    // Every test file has a pool or two.
    'max_connections=300',
  ]
  return ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])]
}
