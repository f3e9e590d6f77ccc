import { posix } from 'node:path'
import { PACKAGE_FOLDER, publicNames, readManifest } from './manifest.ts'
import {
  identifiersOf,
  importsOf,
  isTest,
  lineAt,
  readSources,
  type Source,
  UNKNOWN_MODULE,
} from './source.ts'
import { report, type Violation } from './violations.ts'

const SRC = `${PACKAGE_FOLDER}/src/`
const PACKAGE_NAME = /^latchstring(\/|$)/

const EVERYTHING = [
  'core',
  'stores',
  'http',
  'migration',
  'auth',
  'users',
  'pages',
  'routes',
  'root',
  'adapters',
  'testing',
  'cli',
]

/** What each folder of src may import. `root` is index.ts and its neighbours. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  core: ['core'],
  stores: ['core', 'stores'],
  http: ['core', 'http'],
  migration: ['core', 'stores', 'http', 'migration'],
  auth: ['core', 'http', 'auth'],
  users: ['core', 'stores', 'auth', 'users'],
  pages: ['auth', 'pages'],
  routes: ['core', 'http', 'auth', 'pages', 'routes'],
  root: ['core', 'stores', 'http', 'auth', 'pages', 'routes', 'root'],
  adapters: ['core', 'stores', 'http', 'migration', 'auth', 'pages', 'routes', 'root', 'adapters'],
  testing: EVERYTHING,
  cli: EVERYTHING,
}

/** The only files of the second folder that the first may import. */
const DOORS = [
  {
    from: 'stores',
    to: 'core',
    files: ['core/types.ts', 'core/errors.ts', 'core/clock.ts', 'core/random.ts', 'core/duration.ts'],
  },
  { from: 'users', to: 'auth', files: ['auth/types.ts'] },
  { from: 'pages', to: 'auth', files: ['auth/types.ts'] },
]

/** Folders whose members never import each other, and the files that all of them share. */
const SIBLINGS = [
  { folder: 'stores/', shared: ['sql'] },
  { folder: 'users/', shared: ['sql'] },
  { folder: 'auth/methods/', shared: [] },
  { folder: 'pages/views/', shared: [] },
  { folder: 'adapters/', shared: [] },
]

interface Wellspring {
  readonly names: readonly string[]
  readonly folder: string
  readonly home: string
  readonly fix: string
}

/** Time, chance and waiting each come from one file, so that a test can replace them. */
const WELLSPRINGS: readonly Wellspring[] = [
  {
    names: ['Date.now', 'new Date()', 'performance.now', 'process.hrtime'],
    folder: '',
    home: 'core/clock.ts',
    fix: 'take a Clock instead',
  },
  {
    names: [
      'randomBytes',
      'randomUUID',
      'randomInt',
      'randomFill',
      'randomFillSync',
      'getRandomValues',
      'Math.random',
    ],
    folder: '',
    home: 'core/random.ts',
    fix: 'take a RandomSource instead',
  },
  {
    names: ['setTimeout', 'setInterval'],
    folder: 'core/',
    home: 'core/timers.ts',
    fix: 'take Timers instead',
  },
]

const WORDS_UNKNOWN_TO_CORE = /\b(http|cookie|express|sql)\b/gi

/** Every broken rule of one file. Tests may import what they like. */
export function violationsIn(source: Source, publicNames: readonly string[]): Violation[] {
  if (isTest(source.path)) return []
  if (!source.path.startsWith(SRC)) return exampleViolations(source, publicNames)
  const path = source.path.slice(SRC.length)
  return [
    ...importViolations(source, (specifier) => problemInPackage(path, specifier)),
    ...WELLSPRINGS.flatMap((wellspring) => wellspringViolations(source, path, wellspring)),
    ...(layerOf(path) === 'core' ? wordViolations(source) : []),
  ]
}

function exampleViolations(source: Source, publicNames: readonly string[]): Violation[] {
  const example = source.path.split('/', 2).join('/')
  return importViolations(source, (specifier) => {
    if (isRelative(specifier)) {
      const isOwn = resolve(source.path, specifier).startsWith(`${example}/`)
      return isOwn ? null : `import the package by its public name, and nothing else outside ${example}`
    }
    const isPrivate = PACKAGE_NAME.test(specifier) && !publicNames.includes(specifier)
    return isPrivate ? `'${specifier}' is not public: use one of ${publicNames.join(', ')}` : null
  })
}

function importViolations(source: Source, problemOf: (specifier: string) => string | null): Violation[] {
  return importsOf(source).flatMap(({ name, line }) => {
    const fix = problemOf(name)
    return fix === null ? [] : [{ file: source.path, line, rule: 'import', fix }]
  })
}

function problemInPackage(path: string, specifier: string): string | null {
  if (specifier === UNKNOWN_MODULE) return 'name the module in the import, so that it can be checked'
  if (specifier.startsWith('node:')) return problemWithBuiltin(path, specifier)
  if (!isRelative(specifier)) {
    return `take '${specifier}' as an option with a structural type: the package has no runtime dependency`
  }
  const target = resolve(path, specifier)
  return problemWithLayer(path, target) ?? problemWithDoor(path, target) ?? problemWithSibling(path, target)
}

function problemWithBuiltin(path: string, specifier: string): string | null {
  const isForbidden = layerOf(path) === 'core' && specifier !== 'node:crypto'
  return isForbidden
    ? `core imports no builtin but node:crypto: let a caller pass what '${specifier}' gives`
    : null
}

function problemWithLayer(path: string, target: string): string | null {
  if (target.startsWith('../')) return 'stay inside src: the published folder holds nothing else'
  const allowed = LAYERS[layerOf(path)]
  if (allowed === undefined) return `give the folder '${layerOf(path)}' its place in scripts/check-imports.ts`
  if (allowed.includes(layerOf(target))) return null
  return `${layerOf(path)} may import ${allowed.join(', ')}: move what it needs from '${target}' there, or pass it in`
}

function problemWithDoor(path: string, target: string): string | null {
  const door = DOORS.find(({ from, to }) => from === layerOf(path) && to === layerOf(target))
  if (door === undefined || door.files.includes(target)) return null
  return `${door.from} may import only ${door.files.join(' and ')} of ${door.to}`
}

function problemWithSibling(path: string, target: string): string | null {
  const group = SIBLINGS.find(({ folder }) => path.startsWith(folder) && target.startsWith(folder))
  if (group === undefined) return null
  const other = memberOf(target, group.folder)
  const isShared = other.startsWith('_') || group.shared.includes(other)
  if (isShared || other === memberOf(path, group.folder)) return null
  return `siblings of ${group.folder} never import each other: move the common part up, or into a file beginning with _`
}

function wellspringViolations(
  source: Source,
  path: string,
  { names, folder, home, fix }: Wellspring,
): Violation[] {
  if (path === home || !path.startsWith(folder)) return []
  return identifiersOf(source)
    .filter(({ name }) => names.includes(name))
    .map(({ name, line }) => ({ file: source.path, line, rule: `${name} only in ${home}`, fix }))
}

function wordViolations(source: Source): Violation[] {
  return [...source.text.matchAll(WORDS_UNKNOWN_TO_CORE)].map((match) => ({
    file: source.path,
    line: lineAt(source, match.index),
    rule: 'core knows no web and no database',
    fix: `say it without the word '${match[0]}', or move it out of core`,
  }))
}

function isRelative(specifier: string): boolean {
  return specifier.startsWith('.')
}

function resolve(path: string, specifier: string): string {
  return posix.join(posix.dirname(path), specifier)
}

function layerOf(path: string): string {
  const end = path.indexOf('/')
  return end === -1 ? 'root' : path.slice(0, end)
}

function memberOf(path: string, folder: string): string {
  const [member = ''] = path.slice(folder.length).split('/')
  return member.replace(/\.ts$/, '')
}

function main(): void {
  const names = publicNames(readManifest())
  const sources = readSources([`${SRC}**/*.ts`, '{,docs/}examples/**/*.{ts,mts,js,mjs}'])
  const violations = sources.flatMap((source) => violationsIn(source, names))
  report(violations, `imports: ${sources.length} files keep the layout of the design`)
}

if (import.meta.main) main()
