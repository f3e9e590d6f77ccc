import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const RUNNER = fileURLToPath(new URL('test.ts', import.meta.url))
const PROGRAM = `import { test } from 'node:test'
import fc from '${import.meta.resolve('fast-check')}'
test('a property', (t) => t.diagnostic('begun with ' + fc.check(fc.property(fc.nat(), () => true)).seed))
`

test('SEED=… npm test gives properties of fast-check the seed that they printed', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'latchstring-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'a.test.ts')
  writeFileSync(file, PROGRAM)
  for (const seed of ['77', '-2147483648']) {
    const env = { PATH: '', SEED: seed }
    const { stdout } = spawnSync(process.execPath, [RUNNER, file], { encoding: 'utf8', env })
    assert.match(stdout, new RegExp(`begun with ${seed}$`, 'm'))
  }
})
