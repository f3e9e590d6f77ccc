import { globSync, readFileSync } from 'node:fs'
import { MANIFEST_PATH, type Manifest, PACKAGE_FOLDER, parseManifest } from './manifest.ts'
import { isTest } from './source.ts'
import { report, type Violation } from './violations.ts'

/** Compares `exports` with the files of the package, both ways. `files` are paths like `src/index.ts`. */
export function violationsIn(manifestText: string, files: readonly string[]): Violation[] {
  const { exports } = parseManifest(manifestText)
  const problems = [...entryProblems(exports, files), ...fileProblems(exports, files)]
  return problems.map(({ subpath, fix }) => ({
    file: MANIFEST_PATH,
    line: lineOfKey(manifestText, subpath),
    rule: `exports["${subpath}"]`,
    fix,
  }))
}

interface Problem {
  readonly subpath: string
  readonly fix: string
}

function entryProblems(exports: Manifest['exports'], files: readonly string[]): Problem[] {
  return Object.entries(exports)
    .filter(([subpath]) => subpath !== './package.json')
    .flatMap(([subpath, entry]) => {
      const fix = problemWithEntry(subpath, entry, files)
      return fix === null ? [] : [{ subpath, fix }]
    })
}

function problemWithEntry(
  subpath: string,
  entry: Manifest['exports'][string],
  files: readonly string[],
): string | null {
  const source = sourceOf(subpath)
  if (source === null) return 'no folder has this name: see sourceOf in scripts/check-exports.ts'
  if (subpathOf(source) === null)
    return `${source} is shared by its neighbours and not public: remove the entry`
  if (!files.includes(source)) return `write ${source}, or remove the entry`
  const wanted = JSON.stringify(conditionsFor(source))
  return JSON.stringify(entry) === wanted ? null : `must be ${wanted}, in this order`
}

/** Files that a user is meant to import, but cannot. */
function fileProblems(exports: Manifest['exports'], files: readonly string[]): Problem[] {
  return files.flatMap((file) => {
    const subpath = subpathOf(file)
    const isMissing = subpath !== null && !(subpath in exports)
    return isMissing ? [{ subpath, fix: `add it: ${file} is public` }] : []
  })
}

/** Entries that have a name of their own. */
const ENTRIES: Readonly<Record<string, string>> = {
  '.': 'src/index.ts',
  './accounts': 'src/accounts.ts',
  './express-session': 'src/adapters/expressSession/index.ts',
  './migrate': 'src/migration/index.ts',
  './testing': 'src/testing/index.ts',
}

function sourceOf(subpath: string): string | null {
  const source = ENTRIES[subpath]
  if (source !== undefined) return source
  const [, member] = /^\.\/((?:stores|users)\/[^/]+)$/.exec(subpath) ?? []
  if (member !== undefined) return `src/${member}.ts`
  const [, adapter] = /^\.\/([^/]+)$/.exec(subpath) ?? []
  return adapter === undefined ? null : `src/adapters/${adapter}/index.ts`
}

/** The inverse of sourceOf; `null` for a file that is nobody's entry. */
function subpathOf(file: string): string | null {
  if (isTest(file)) return null
  const entry = Object.keys(ENTRIES).find((subpath) => ENTRIES[subpath] === file)
  if (entry !== undefined) return entry
  const [, member] = /^src\/((?:stores|users)\/[^/_][^/]*)\.ts$/.exec(file) ?? []
  if (member !== undefined && !member.endsWith('/sql')) return `./${member}`
  const [, adapter] = /^src\/adapters\/([^/]+)\/index\.ts$/.exec(file) ?? []
  return adapter === undefined ? null : `./${adapter}`
}

/** The order matters: a runtime takes the first condition that it knows. */
function conditionsFor(source: string): Record<string, string> {
  const built = source.replace(/^src\//, './dist/').replace(/\.ts$/, '')
  return { 'latchstring-source': `./${source}`, types: `${built}.d.ts`, default: `${built}.js` }
}

function lineOfKey(text: string, key: string): number {
  const lines = text.split('\n')
  const line = lines.findIndex((content) => content.trimStart().startsWith(`"${key}":`))
  return line === -1 ? lines.findIndex((content) => content.includes('"exports"')) + 1 : line + 1
}

function main(): void {
  const files = globSync('src/**/*.ts', { cwd: PACKAGE_FOLDER }).map((path) => path.replaceAll('\\', '/'))
  const violations = violationsIn(readFileSync(MANIFEST_PATH, 'utf8'), files)
  report(violations, 'exports: every entry has its file, every public file its entry')
}

if (import.meta.main) main()
