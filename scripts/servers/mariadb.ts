import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from './ports.ts'
import type { Recipe } from './recipe.ts'

export const mariadb: Recipe = {
  kind: 'mysql',
  programs: ['mariadbd', 'mariadb-install-db'],
  debianPackage: 'mariadb-server',
  stopSignal: 'SIGKILL',
  async start(workplace) {
    const port = await freePort()
    const data = workplace.subfolder('data')
    const initFile = join(workplace.folder, 'init.sql')
    writeFileSync(initFile, 'CREATE DATABASE IF NOT EXISTS latchstring;\n')
    await workplace.run('mariadb-install-db', installArguments(data))
    await workplace.serve('mariadbd', mariadbArguments(workplace.folder, port), /ready for connections/)
    return `mysql://root@127.0.0.1:${port}/latchstring`
  },
}

export function installArguments(data: string): string[] {
  return ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db']
}

export function mariadbArguments(folder: string, port: number): string[] {
  return [
    '--no-defaults',
    `--datadir=${folder}/data`,
    `--socket=${folder}/s.sock`,
    `--tmpdir=${folder}`,
    `--pid-file=${folder}/pid`,
    `--init-file=${folder}/init.sql`,
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    // Every test file has a pool or two.
    '--max-connections=300',
    // Nothing here has to survive a crash.
    '--innodb-flush-log-at-trx-commit=0',
    '--innodb-buffer-pool-size=64M',
  ]
}
