// npm test, npm test -- <part of a test's name>, npm test -- <file>.test.ts, npm test -- --test-only

import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

const TEST_FILES = [
  'packages/*/src/**/*.test.ts',
  'packages/*/test/**/*.test.ts',
  'examples/**/*.test.ts',
  'scripts/**/*.test.ts',
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

function nodeArguments(given: readonly string[]): string[] {
  const files = given.filter(isTestFile)
  return [
    '--conditions=latchstring-source',
    '--test',
    '--test-reporter=spec',
    // A part of the tests cannot cover the whole.
    ...(given.length === 0 ? COVERAGE : []),
    ...given.filter(isOption),
    ...namePattern(given),
    ...(files.length > 0 ? files : allTestFiles()),
  ]
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

function isTestFile(argument: string): boolean {
  return argument.endsWith('.test.ts')
}

const { status, error } = spawnSync(process.execPath, nodeArguments(process.argv.slice(2)), {
  stdio: 'inherit',
})
if (error) throw error
process.exitCode = status ?? 1
