import { PACKAGE_FOLDER, publicNames, readManifest } from './scripts/manifest.ts'

/**
 * The most that each subpath may come to with all that it imports of the package, minified and compressed by brotli:
 * about a tenth above what it was when the figure was written. Lower it when the code gets smaller.
 */
const BUDGETS: Readonly<Record<string, string>> = {
  latchstring: '9.8 kB',
  'latchstring/accounts': '113 kB',
  'latchstring/express': '19.5 kB',
  'latchstring/express-session': '22.5 kB',
  'latchstring/migrate': '8.6 kB',
  'latchstring/stores/cached': '2.1 kB',
  'latchstring/stores/fromExpressStore': '1.4 kB',
  'latchstring/stores/memory': '0.9 kB',
  'latchstring/stores/mysql': '3.6 kB',
  'latchstring/stores/postgres': '3.5 kB',
  'latchstring/stores/postgresBus': '1.2 kB',
  'latchstring/stores/redis': '4.1 kB',
  'latchstring/stores/redisBus': '1.3 kB',
  'latchstring/stores/sqlite': '3.2 kB',
  'latchstring/testing': '21.6 kB',
  'latchstring/users/memory': '1.1 kB',
  'latchstring/users/mysql': '3.7 kB',
  'latchstring/users/postgres': '3.6 kB',
  'latchstring/users/sqlite': '3.8 kB',
}

const manifest = readManifest()

/** Each file that a user imports, bundled as for Node, so that Node's own modules are not counted. */
export default publicNames(manifest)
  .filter((name) => !name.endsWith('.json'))
  .map((name) => ({
    name,
    path: `${PACKAGE_FOLDER}/${builtFileOf(name)}`,
    limit: BUDGETS[name] ?? missing(name),
    modifyEsbuildConfig: (config: object) => ({ ...config, platform: 'node', format: 'esm' }),
  }))

function builtFileOf(name: string): string {
  const entry = manifest.exports[name.replace(/^latchstring/, '.')]
  const { default: file } = typeof entry === 'object' ? entry : {}
  return file ?? missing(name)
}

function missing(name: string): never {
  throw new Error(`${name} needs a budget in .size-limit.ts, and a built file in the package's exports`)
}
