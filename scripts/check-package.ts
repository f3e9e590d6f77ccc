import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PACKAGE_FOLDER, publicNames, readManifest } from './manifest.ts'

interface Packed {
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

/** The files of a tarball that no user needs, or that the tree has only for its own tests. */
export function unwantedIn(paths: readonly string[]): string[] {
  return paths.filter(
    (path) => !/^(dist\/.+|README\.md|LICENSE|package\.json)$/.test(path) || /\.test\./.test(path),
  )
}

/** The files without which the package must not be published. */
export function missingIn(paths: readonly string[]): string[] {
  return ['README.md', 'LICENSE', 'package.json', 'dist/index.js'].filter((path) => !paths.includes(path))
}

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), 'latchstring-package-'))
  try {
    const { filename, files } = pack(folder)
    checkFiles(files.map(({ path }) => path))
    run(folder, `publint run ${filename} --strict`)
    run(folder, `attw ${filename} --profile esm-only --no-emoji`)
    installFrom(folder, filename)
    loadAsUser(folder, 'require.cjs', requiring)
    loadAsUser(folder, 'import.mjs', importing)
    console.log(`package: ${files.length} files, published and loaded as a user would`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** `npm pack` builds first: see scripts/prepack.ts. */
function pack(folder: string): Packed {
  const command = `npm pack --silent --json --pack-destination "${folder}"`
  const { status, stdout } = spawnSync(command, {
    cwd: PACKAGE_FOLDER,
    shell: true,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) fail(`${command} failed`)
  const [packed]: Packed[] = JSON.parse(stdout)
  return packed ?? fail('npm pack made no tarball')
}

function checkFiles(paths: readonly string[]): void {
  const unwanted = unwantedIn(paths)
  if (unwanted.length > 0)
    fail(`the tarball must not contain ${unwanted.join(', ')}: see "files" in package.json`)
  const missing = missingIn(paths)
  if (missing.length > 0) fail(`the tarball lacks ${missing.join(', ')}`)
}

function installFrom(folder: string, tarball: string): void {
  mkdirSync(join(folder, 'node_modules/latchstring'), { recursive: true })
  run(folder, `tar -xzf ${tarball} -C node_modules/latchstring --strip-components=1`)
}

/** Outside of the workspace and without its export condition, so that Node finds the built files as a user's does. */
function loadAsUser(folder: string, file: string, codeFor: (name: string) => string): void {
  const names = publicNames(readManifest()).filter((name) => !name.endsWith('.json'))
  const lines = [...names.map(codeFor), `console.log('${file}: ${names.join(', ')}')`]
  writeFileSync(join(folder, file), lines.join('\n'))
  run(folder, `node ${file}`)
}

function requiring(name: string): string {
  return `if (Object.keys(require('${name}')).length === 0) throw new Error('${name} exports nothing')`
}

function importing(name: string): string {
  return `if (Object.keys(await import('${name}')).length === 0) throw new Error('${name} exports nothing')`
}

function run(folder: string, command: string): void {
  console.log(`$ ${command}`)
  const env = { ...process.env, NODE_OPTIONS: '' }
  const { status } = spawnSync(command, { cwd: folder, env, shell: true, stdio: 'inherit' })
  if (status !== 0) fail(`${command} failed`)
}

function fail(reason: string): never {
  throw new Error(reason)
}

if (import.meta.main) main()
