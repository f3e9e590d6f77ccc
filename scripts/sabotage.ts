// npm run test:sabotage, npm run test:sabotage -- <name of an edit>…, npm run check:sabotage

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseSync } from 'oxc-parser'
import { fingerprintOf, Journal } from './journal.ts'
import { PACKAGE_FOLDER } from './manifest.ts'
import { applyEdit, type Edit } from './sabotage/edit.ts'
import { EDITS } from './sabotage/edits.ts'
import { runTestFile } from './sabotage/runTests.ts'
import { provideServers, USUAL_KINDS } from './servers.ts'
import { TreeCopy } from './treeCopy.ts'

const LEAST_EDITS = 40

/** What the tests said to an edit. */
interface Verdict {
  readonly kind: 'caught' | 'survived' | 'crashed'
  readonly by: string
}

/** What is wrong with the list itself, found without running anything. */
export function problemsOf(edits: readonly Edit[], readText: (path: string) => string | null): string[] {
  const names = edits.map(({ name }) => name)
  const twice = names.filter((name, index) => names.indexOf(name) !== index)
  return [
    ...(edits.length < LEAST_EDITS ? [`there are only ${edits.length} edits of ${LEAST_EDITS}`] : []),
    ...twice.map((name) => `${name}: the name stands for two edits`),
    ...edits.flatMap((edit) => problemsWith(edit, readText)),
  ]
}

function problemsWith(edit: Edit, readText: (path: string) => string | null): string[] {
  const missing = [...edit.tests, `src/${edit.file}`].filter((path) => readText(path) === null)
  if (missing.length > 0) return missing.map((path) => `${edit.name}: ${path} does not exist`)
  if (edit.tests.length === 0) return [`${edit.name}: names no test`]
  try {
    const text = applyEdit(readText(`src/${edit.file}`) ?? '', edit)
    const [error] = parseSync(edit.file, text).errors
    return error === undefined ? [] : [`${edit.name}: leaves no valid program: ${error.message}`]
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}

function readInPackage(path: string): string | null {
  const file = `${PACKAGE_FOLDER}/${path}`
  return existsSync(file) ? readFileSync(file, 'utf8') : null
}

/** Makes edits in a copy of the repository, one at a time, and sees whether a test notices. */
class Saboteur {
  readonly #tree: TreeCopy
  readonly #environment: Readonly<Record<string, string>>
  readonly #untouched = new Map<string, boolean>()

  constructor(tree: TreeCopy, environment: Readonly<Record<string, string>>) {
    this.#tree = tree
    this.#environment = environment
  }

  async judge(edit: Edit): Promise<Verdict> {
    const path = this.#tree.path(`${PACKAGE_FOLDER}/src/${edit.file}`)
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, applyEdit(text, edit))
    const verdict = await this.#firstFailure(edit)
    writeFileSync(path, text)
    return this.#unlessItFailsAnyhow(verdict)
  }

  async #firstFailure({ tests }: Edit): Promise<Verdict> {
    for (const test of tests) {
      const { passed, reason, output } = await this.#run(test)
      if (passed) continue
      // A program that does not even load is caught by anything, and says nothing of the tests.
      const isCrash = reason.endsWith(test) && /\b(SyntaxError|ReferenceError)\b/.test(output)
      return { kind: isCrash ? 'crashed' : 'caught', by: `${test}: ${reason}` }
    }
    return { kind: 'survived', by: tests.join(', ') }
  }

  /** A test that fails without any edit has noticed nothing. */
  async #unlessItFailsAnyhow(verdict: Verdict): Promise<Verdict> {
    if (verdict.kind !== 'caught') return verdict
    const [test = ''] = verdict.by.split(': ', 1)
    const isPassing = this.#untouched.get(test) ?? (await this.#run(test)).passed
    this.#untouched.set(test, isPassing)
    return isPassing ? verdict : { kind: 'crashed', by: `${test} fails without any edit, too: mend it first` }
  }

  #run(test: string) {
    return runTestFile(this.#tree.root, `${PACKAGE_FOLDER}/${test}`, this.#environment)
  }
}

function chosen(names: readonly string[]): readonly Edit[] {
  if (names.length === 0) return EDITS
  const unknown = names.find((name) => EDITS.every((edit) => edit.name !== name))
  if (unknown !== undefined) throw new Error(`there is no edit "${unknown}"`)
  return EDITS.filter(({ name }) => names.includes(name))
}

function needsServers({ tests }: Edit): boolean {
  return tests.some((test) => readInPackage(test)?.includes("/servers.ts'"))
}

/** A verdict counts until the edit, the file or one of the tests changes. */
function fingerprint(edit: Edit): string {
  const files = [`src/${edit.file}`, ...edit.tests]
  return fingerprintOf(JSON.stringify(edit), ...files.map((path) => readInPackage(path) ?? ''))
}

/** With what an edit has been judged by, as it was when the run began: others may be working on the tree. */
interface Case {
  readonly edit: Edit
  readonly fingerprint: string
}

async function runAll(edits: readonly Edit[]): Promise<number> {
  const journal = new Journal<Verdict>('sabotage')
  const cases = edits.map((edit) => ({ edit, fingerprint: fingerprint(edit) }))
  const open = cases.filter((one) => journal.get(one.fingerprint) === undefined)
  console.log(
    `sabotage: ${edits.length} edits, ${edits.length - open.length} judged before (${journal.path})`,
  )
  if (open.length > 0) await judgeAll(open, journal)
  return summarise(cases.map((one) => ({ edit: one.edit, verdict: journal.get(one.fingerprint) })))
}

async function judgeAll(cases: readonly Case[], journal: Journal<Verdict>): Promise<void> {
  const tree = new TreeCopy()
  const servers = await provideServers(cases.some(({ edit }) => needsServers(edit)) ? USUAL_KINDS : [])
  try {
    const saboteur = new Saboteur(tree, servers.environment)
    for (const [index, { edit, fingerprint }] of cases.entries()) {
      const verdict = await saboteur.judge(edit)
      if (verdict.kind !== 'crashed') journal.add(fingerprint, verdict)
      const place = `${index + 1}/${cases.length}`
      console.log(`${place} ${edit.name} (${edit.requirement}) ${verdict.kind}: ${verdict.by}`)
    }
  } finally {
    tree.remove()
    await servers.stop()
  }
}

interface Judged {
  readonly edit: Edit
  readonly verdict: Verdict | undefined
}

function summarise(judged: readonly Judged[]): number {
  const escaped = judged.filter(({ verdict }) => verdict?.kind !== 'caught')
  for (const { edit, verdict } of escaped) {
    console.error(`${edit.name}: ${verdict?.kind ?? 'not judged'}: no test says that "${edit.breaks}"`)
  }
  console.log(`sabotage: ${judged.length - escaped.length} of ${judged.length} edits are caught`)
  return escaped.length
}

function check(): number {
  const problems = problemsOf(EDITS, readInPackage)
  for (const problem of problems) console.error(problem)
  if (problems.length === 0) console.log(`sabotage: each of the ${EDITS.length} edits has its place`)
  return problems.length
}

async function main(given: readonly string[]): Promise<void> {
  if (check() > 0) process.exitCode = 1
  else if (given[0] !== '--check') process.exitCode = (await runAll(chosen(given))) > 0 ? 1 : 0
}

if (import.meta.main) {
  // A signal alone would leave the copy behind.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  await main(process.argv.slice(2))
}
