// npm run test:nightly, npm run test:nightly -- <name of a step>…; SEED=… makes the same choices again

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { CACHE_FOLDER, Journal } from './journal.ts'
import { STEPS, type Step } from './nightly/steps.ts'

export type Outcome = 'passed' | 'failed' | 'stopped'

/** The steps that have passed, by their names. */
export interface Ledger {
  get(name: string): 'passed' | undefined
  add(name: string, result: 'passed'): void
}

/**
 * Runs one step after the other, but for those that have passed before. One that fails holds nobody up; one that is
 * stopped ends the run. Returns what has not passed.
 */
export async function runSteps(
  steps: readonly Step[],
  ledger: Ledger,
  run: (step: Step) => Promise<Outcome>,
  tell: (line: string) => void,
): Promise<readonly string[]> {
  for (const [index, step] of steps.entries()) {
    const place = `nightly ${index + 1}/${steps.length}, ${step.name}`
    if (ledger.get(step.name) !== undefined) {
      tell(`${place}: passed before`)
      continue
    }
    tell(`${place}: begins`)
    const started = performance.now()
    const outcome = await run(step)
    tell(`${place}: ${outcome} after ${Math.round((performance.now() - started) / 1_000)} s`)
    if (outcome === 'stopped') break
    if (outcome === 'passed') ledger.add(step.name, outcome)
  }
  return steps.filter(({ name }) => ledger.get(name) === undefined).map(({ name }) => name)
}

/** Ctrl-C reaches the whole group of processes by itself; a single process has to be told by us. */
async function runProgram({ program, environment }: Step): Promise<Outcome> {
  const env = { ...process.env, PROGRESS: `${CACHE_FOLDER}/nightly`, ...environment }
  const child = spawn(process.execPath, [...program], { stdio: 'inherit', env })
  let isStopped = false
  const interrupted = () => {
    isStopped = true
  }
  const terminated = () => {
    isStopped = true
    child.kill('SIGTERM')
  }
  process.on('SIGINT', interrupted).on('SIGTERM', terminated)
  const [status] = await once(child, 'exit')
  process.off('SIGINT', interrupted).off('SIGTERM', terminated)
  if (isStopped) return 'stopped'
  return status === 0 ? 'passed' : 'failed'
}

/** @throws Error for a name that no step has. */
function chosen(names: readonly string[]): readonly Step[] {
  const unknown = names.find((name) => STEPS.every((step) => step.name !== name))
  if (unknown === undefined) return STEPS.filter(({ name }) => names.includes(name))
  throw new Error(`there is no step "${unknown}"; there are ${STEPS.map(({ name }) => name).join(', ')}`)
}

/** What is chosen by name is run, whether it has passed before or not. */
async function runChosen(names: readonly string[]): Promise<readonly string[]> {
  const passed = new Map<string, 'passed'>()
  const ledger = {
    get: (name: string) => passed.get(name),
    add: (name: string) => passed.set(name, 'passed'),
  }
  return runSteps(chosen(names), ledger, runProgram, console.log)
}

/** The next run after one that is complete begins anew. */
async function runAll(): Promise<readonly string[]> {
  const journal = new Journal<'passed'>('nightly')
  const open = await runSteps(STEPS, journal, runProgram, console.log)
  if (open.length === 0) rmSync(journal.path)
  return open
}

async function main(names: readonly string[]): Promise<void> {
  const open = names.length > 0 ? await runChosen(names) : await runAll()
  if (open.length === 0) return
  console.log(`nightly: not passed: ${open.join(', ')}. The same command goes on with them`)
  process.exitCode = 1
}

if (import.meta.main) await main(process.argv.slice(2))
