import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { offenders, seen } from './fixtures/types.ts'

const FLAGS = [
  ...['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--skipLibCheck'],
  ...['--target', 'es2024', '--module', 'nodenext', '--types', 'node', '--ignoreConfig'],
  ...['--allowImportingTsExtensions', '--customConditions', 'latchstring-source'],
]

/** What the compiler says of the application, as of the program of somebody else. */
function compile(): string {
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
  const args = [join(typescript, 'bin/tsc'), ...FLAGS, join(import.meta.dirname, 'fixtures/types.ts')]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  return stdout + stderr
}

test('an application in the types of express that declares its data in latchstring compiles without casts, wrong uses do not, and nothing is any', () => {
  assert.equal(compile(), '')
  assert.equal(offenders, 'none')
  assert.deepEqual(seen, [false, true, true])
})
