import { spawnSync } from 'node:child_process'
import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const PACKAGE = join(ROOT, 'packages/latchstring')

/** Runs before `npm pack` and `npm publish`, so that what is published is built from what is in the tree. */
function prepack(): void {
  rmSync(join(PACKAGE, 'dist'), { recursive: true, force: true })
  for (const file of ['README.md', 'LICENSE']) copyFileSync(join(ROOT, file), join(PACKAGE, file))
  build()
}

function build(): void {
  // The stdout of a pack belongs to its --json: the compiler's words go to stderr.
  const { status } = spawnSync('npm run --silent build --workspace latchstring', {
    cwd: ROOT,
    shell: true,
    stdio: ['ignore', 2, 2],
  })
  process.exitCode = status ?? 1
}

prepack()
