import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { KINDS, type MissingServer, type Report, type ServerKind } from './servers/kinds.ts'

export interface Servers extends Report {
  stop(): Promise<void>
}

/** Sentinels are for the tests that ask for them. */
export const USUAL_KINDS: readonly ServerKind[] = ['postgres', 'mysql', 'redis', 'redis-cluster']

const STOP_DEADLINE = 15_000

const KEEPER = new URL('./servers/keeper.ts', import.meta.url)

/**
 * Real servers for tests: those that the environment names, and private ones for the rest. With an empty environment
 * all are private, for tests that break them.
 */
export async function provideServers(
  kinds: readonly ServerKind[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Servers> {
  const given = givenServers(kinds, environment)
  const wanted = kinds.filter((kind) => !Object.hasOwn(given, KINDS[kind].variable))
  if (wanted.length === 0) return { environment: given, missing: [], stop: async () => {} }
  const keeper = fork(KEEPER, wanted, {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // Ctrl-C in a terminal reaches the tests, and only their end stops the servers.
    detached: true,
  })
  const report = await reportOf(keeper)
  return {
    environment: { ...given, ...report.environment },
    missing: report.missing,
    stop: () => dismiss(keeper),
  }
}

export function givenServers(
  kinds: readonly ServerKind[],
  environment: NodeJS.ProcessEnv,
): Record<string, string> {
  const given: Record<string, string> = {}
  for (const kind of kinds) {
    const { variable } = KINDS[kind]
    const url = environment[variable]
    if (url) given[variable] = url
  }
  return given
}

/** One line for people who wonder what a run has not proved. */
export function skippedLine({ kind, reason, install }: MissingServer): string {
  return `skipped: ${KINDS[kind].title}: ${reason}: install ${install}`
}

function reportOf(keeper: ChildProcess): Promise<Report> {
  return new Promise((resolve, reject) => {
    keeper.once('message', (report: Report) => resolve(report))
    keeper.once('error', reject)
    keeper.once('exit', (code) => reject(new Error(`The keeper of the test servers ended with ${code}`)))
  })
}

async function dismiss(keeper: ChildProcess): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) return
  const gone = once(keeper, 'exit')
  if (keeper.connected) keeper.disconnect()
  // A run that has its result must not hang.
  const timer = setTimeout(() => keeper.kill('SIGKILL'), STOP_DEADLINE)
  await gone
  clearTimeout(timer)
}
