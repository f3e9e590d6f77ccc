import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const RUNNER = fileURLToPath(new URL('test.ts', import.meta.url))
const TOLD =
  '[process.getBuiltinModule("module").getCompileCacheDir() ?? "none", process.env.NODE_V8_COVERAGE ?? "none"]'
const PROGRAM = `import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
const child = execFileSync(process.execPath, ['--print', '${TOLD}.join()'], { encoding: 'utf8' })
test('a test', (t) => t.diagnostic('itself ' + [process.getBuiltinModule('module').getCompileCacheDir()] + ', its child ' + child))
`

test('only the processes that a test starts share what was compiled, and they record no coverage', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'latchstring-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'a.test.ts')
  writeFileSync(file, PROGRAM)
  const env = { PATH: '', NODE_V8_COVERAGE: join(folder, 'coverage') }
  const { stdout } = spawnSync(process.execPath, [RUNNER, file], { encoding: 'utf8', env })
  assert.match(stdout, /itself , its child .*latchstring-tests-.*compiled.*,none$/m)
})
