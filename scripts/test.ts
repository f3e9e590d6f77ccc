// npm test, npm test -- <part of a test's name>, npm test -- <file>.test.ts or .nightly.ts, npm test -- --test-only;
// SEED=… makes the same choices again

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KINDS, type MissingServer, type ServerKind } from './servers/kinds.ts'
import { provideServers, skippedLine, USUAL_KINDS } from './servers.ts'
import { groupsOf, writeGroups } from './testGroups.ts'

const TEST_FILES = [
  'packages/*/src/**/*.test.ts',
  'packages/*/test/**/*.test.ts',
  'examples/**/*.test.ts',
  'scripts/**/*.test.ts',
  'bench/**/*.test.ts',
]

/** Only the layers that decide about sessions: they run on every request, so that every branch matters. */
const COVERAGE = [
  '--experimental-test-coverage',
  '--test-coverage-include=packages/latchstring/src/{core,http,stores}/**/*.ts',
  '--test-coverage-exclude=**/*.test.ts',
  '--test-coverage-branches=95',
  // V8 sees no branches in a function that was never called: the branches alone would let it pass.
  '--test-coverage-functions=95',
]

/** Much of the time is waiting for other processes: browsers, servers, those that are killed. */
const PROCESSES_AT_ONCE = 2

/** In milliseconds, for a file as for a test: one that hangs is to fail, and to be named. */
const LONGEST_TEST = 600_000

/** A test of a real server takes it from the tests' helper, or names its variable. */
const SIGNS_OF_SERVERS = ["/servers.ts'", ...Object.values(KINDS).map(({ variable }) => variable)]

/** `folder` is for the files that load others. */
function nodeArguments(given: readonly string[], folder: string): string[] {
  return [
    '--conditions=latchstring-source',
    ...seedArguments(),
    `--import=${new URL('childrenOfTests.ts', import.meta.url)}`,
    '--test',
    '--test-reporter=spec',
    `--test-concurrency=${PROCESSES_AT_ONCE}`,
    // A part of the tests cannot cover the whole.
    ...(given.length === 0 ? [...COVERAGE, `--test-timeout=${LONGEST_TEST}`] : []),
    ...given.filter(isOption),
    ...namePattern(given),
    ...entries(given, folder),
  ]
}

function seedArguments(): string[] {
  const { SEED } = process.env
  return SEED ? [`--import=${new URL('replaySeed.ts', import.meta.url)}`] : []
}

/** Files that are chosen are shown by their names, and so run each by itself. */
function entries(given: readonly string[], folder: string): string[] {
  const files = given.filter(isTestFile)
  return files.length > 0 ? files : writeGroups(groupsOf(allTestFiles()), folder)
}

function chosenFiles(given: readonly string[]): string[] {
  const files = given.filter(isTestFile)
  return files.length > 0 ? files : allTestFiles()
}

function namePattern(given: readonly string[]): string[] {
  const words = given.filter((argument) => !isOption(argument) && !isTestFile(argument))
  return words.length > 0 ? [`--test-name-pattern=${words.join(' ')}`] : []
}

/** Node calls a run without a single file a success. */
function allTestFiles(): string[] {
  const files = globSync(TEST_FILES, { exclude: ['**/node_modules/**'] }).sort()
  if (files.length === 0) throw new Error('No test file was found: start the tests by `npm test`')
  return files
}

function isOption(argument: string): boolean {
  return argument.startsWith('-')
}

/** What is nightly runs only when it is chosen. */
function isTestFile(argument: string): boolean {
  return argument.endsWith('.test.ts') || argument.endsWith('.nightly.ts')
}

function neededKinds(given: readonly string[]): readonly ServerKind[] {
  const texts = chosenFiles(given)
    .flatMap((pattern) => globSync(pattern))
    .map(textOf)
  const isNeeded = texts.some((text) => SIGNS_OF_SERVERS.some((sign) => text.includes(sign)))
  return isNeeded ? USUAL_KINDS : []
}

function textOf(file: string): string {
  return readFileSync(file, 'utf8')
}

/** The status of Node itself, and the signal that ended the run early. */
interface Outcome {
  readonly status: number
  readonly signal: NodeJS.Signals | null
}

async function runTests(given: readonly string[]): Promise<Outcome> {
  const servers = await provideServers(neededKinds(given))
  const folder = mkdtempSync(join(tmpdir(), 'latchstring-tests-'))
  try {
    const compileCache = join(folder, 'compiled')
    const env = { ...process.env, ...servers.environment, COMPILE_CACHE_OF_CHILDREN: compileCache }
    const child = spawn(process.execPath, nodeArguments(given, folder), { stdio: 'inherit', env })
    const outcome = await outcomeOf(child)
    const statusOfServers = statusWithout(servers.missing)
    return { ...outcome, status: outcome.status || statusOfServers }
  } finally {
    await servers.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A signal ends the tests first: the servers stop after them. */
async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let received: NodeJS.Signals | null = null
  const pass = (signal: NodeJS.Signals) => {
    received = signal
    child.kill(signal)
  }
  process.once('SIGINT', pass).once('SIGTERM', pass)
  const [status] = await once(child, 'exit')
  return { status: status ?? 1, signal: received }
}

/** Says last what this run has not proved, where nobody overlooks it. */
function statusWithout(missing: readonly MissingServer[]): number {
  const { LATCHSTRING_REQUIRE_SERVERS } = process.env
  const isFailure = missing.length > 0 && LATCHSTRING_REQUIRE_SERVERS === '1'
  for (const { log } of missing) if (log !== '') console.log(`\n${log}`)
  if (isFailure) console.log('\nfailed: LATCHSTRING_REQUIRE_SERVERS=1 allows no test to be skipped')
  for (const server of missing) console.log(skippedLine(server))
  return isFailure ? 1 : 0
}

const { status, signal } = await runTests(process.argv.slice(2))
process.exitCode = status
if (signal !== null) process.kill(process.pid, signal)
