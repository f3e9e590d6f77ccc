import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { STEPS, type Step } from './nightly/steps.ts'
import { type Outcome, runSteps } from './nightly.ts'

const THREE: readonly Step[] = ['a', 'b', 'c'].map((name) => ({ name, program: [], environment: {} }))

/** One run over the three, with what has passed before. Returns what was begun and what is open. */
async function runThree(passed: Map<string, 'passed'>, outcomes: Readonly<Record<string, Outcome>>) {
  const begun: string[] = []
  const ledger = {
    get: (name: string) => passed.get(name),
    add: (name: string) => passed.set(name, 'passed'),
  }
  const run = async ({ name }: Step) => {
    begun.push(name)
    return outcomes[name] ?? 'passed'
  }
  return { open: await runSteps(THREE, ledger, run, () => {}), begun }
}

test('a nightly run that was stopped goes on with the step that it was at', async () => {
  const passed = new Map<string, 'passed'>()
  assert.deepEqual(await runThree(passed, { b: 'stopped' }), { open: ['b', 'c'], begun: ['a', 'b'] })
  assert.deepEqual(await runThree(passed, {}), { open: [], begun: ['b', 'c'] })
})

test('a step that fails holds no other up, and stays open', async () => {
  const passed = new Map<string, 'passed'>()
  assert.deepEqual(await runThree(passed, { a: 'failed' }), { open: ['a'], begun: ['a', 'b', 'c'] })
})

test('every file that the nightly run names is there, and no file for the night is left out', () => {
  const named = STEPS.flatMap(({ program }) => program.filter((argument) => argument.endsWith('.ts')))
  for (const file of named) assert.ok(existsSync(file), file)
  for (const file of globSync('packages/*/test/**/*.nightly.ts')) assert.ok(named.includes(file), file)
})

test('each step has its row on the page, with how long its long form is', () => {
  const rows = readFileSync('docs/reliability.md', 'utf8').split('\n')
  for (const { name, environment } of STEPS) {
    const row = rows.find((line) => line.startsWith(`| [${name}]`) || line.startsWith(`| ${name} `)) ?? ''
    assert.notEqual(row, '', name)
    const lengths = Object.entries(environment).filter(([variable]) => variable !== 'JOBS')
    for (const [, length] of lengths) assert.ok(row.includes(Number(length).toLocaleString('en')), row)
  }
})
