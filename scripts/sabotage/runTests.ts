import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface TestRun {
  readonly passed: boolean
  /** What a person wants to see: the first test that failed. */
  readonly reason: string
  readonly output: string
}

/** In milliseconds. A test that hangs has failed. */
const LONGEST_FILE = 180_000
const LONGEST_TEST = 60_000

/** Runs one test file in a folder, until a test fails: where one hangs, others do too. */
export async function runTestFile(
  root: string,
  file: string,
  environment: Readonly<Record<string, string>>,
): Promise<TestRun> {
  const options = ['--conditions=latchstring-source', '--test', '--test-reporter=tap']
  const child = spawn(process.execPath, [...options, `--test-timeout=${LONGEST_TEST}`, file], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LONGEST_FILE,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (failureIn(output) !== null) child.kill()
    })
  }
  const [status] = await once(child, 'close')
  return { passed: status === 0, reason: failureIn(output) ?? 'the run did not end', output }
}

/** The first test that failed. Suites come after the test in them. */
function failureIn(output: string): string | null {
  return /^\s*not ok \d+ - (.*)\n/m.exec(output)?.[1] ?? null
}
