// npm run build: the published JavaScript. The declarations beside it are the compiler's.

import { readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { build } from 'esbuild'
import { PACKAGE_FOLDER, parseManifest } from './manifest.ts'

const PACKAGE = join(import.meta.dirname, '..', PACKAGE_FOLDER)
const SOURCES = join(PACKAGE, 'src')
const BUILT = join(PACKAGE, 'dist')

/** The source of each subpath, and where its JavaScript goes. */
function entryPoints(): { in: string; out: string }[] {
  const { exports } = parseManifest(readFileSync(join(PACKAGE, 'package.json'), 'utf8'))
  return Object.values(exports).flatMap((entry) => {
    const source = typeof entry === 'string' ? undefined : entry['latchstring-source']
    if (source === undefined) return []
    const file = join(PACKAGE, source)
    return [{ in: file, out: relative(SOURCES, file).replace(/\.ts$/, '') }]
  })
}

rmSync(join(BUILT, 'shared'), { recursive: true, force: true })
// Some files instead of one for each module: loading those took most of the time that an import takes. What subpaths
// share is in files of its own, so that all of them have the same classes.
await build({
  entryPoints: entryPoints(),
  outdir: BUILT,
  bundle: true,
  splitting: true,
  chunkNames: 'shared/[hash]',
  packages: 'external',
  platform: 'node',
  target: 'node24',
  format: 'esm',
  logLevel: 'warning',
})
