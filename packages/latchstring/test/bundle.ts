import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const made = new Map<string, Promise<string>>()

/**
 * The path of a file that holds this one and all that it loads, for tests that start it many times: most of a start is
 * to find and to compile a hundred files. It is made once in a process, and removed at its end.
 */
export function bundleOf(file: URL): Promise<string> {
  const path = fileURLToPath(file)
  const known = made.get(path)
  if (known !== undefined) return known
  const making = makeBundle(path)
  made.set(path, making)
  return making
}

async function makeBundle(path: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'latchstring-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const outfile = join(folder, basename(path).replace(/\.ts$/, '.mjs'))
  await build({
    entryPoints: [path],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    // Drivers are partly CommonJS, and ask for what belongs to Node.
    banner: { js: 'const require = process.getBuiltinModule("module").createRequire(import.meta.url)' },
    logLevel: 'error',
  })
  return outfile
}
