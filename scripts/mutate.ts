// npm run test:mutation, npm run test:mutation -- core http auth; SAMPLE=300 SEED=7 JOBS=2 npm run test:mutation -- core

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fingerprintOf, Journal } from './journal.ts'
import { type Coverage, coverageOf } from './mutation/coverage.ts'
import { FOLDERS, folderNamed, type MutatedFolder } from './mutation/folders.ts'
import { type Mutant, mutantsOf } from './mutation/mutants.ts'
import { runWorker } from './mutation/run.ts'

type Outcome = 'killed' | 'timeout' | 'survived' | 'uncovered'

interface Result {
  readonly outcome: Outcome
  /** What the tests were. More tests can only kill more. */
  readonly tests: string
}

interface Candidate extends Mutant {
  readonly path: string
  readonly text: string
  readonly fingerprint: string
}

/** In milliseconds. A mutant that takes so much longer than the program has been noticed. */
const LEAST_TIMEOUT = 15_000
const SLOWER = 5

function candidatesIn({ files }: MutatedFolder): Candidate[] {
  return files.flatMap((path) => {
    const text = readFileSync(path, 'utf8')
    return mutantsOf({ path, text }).map((mutant) => ({
      ...mutant,
      path,
      text,
      fingerprint: fingerprintOf(path, text, JSON.stringify(mutant)),
    }))
  })
}

/** The same choice for the same seed: those whose fingerprints come first. */
function sampled(candidates: readonly Candidate[], size: number, seed: string): readonly Candidate[] {
  if (size >= candidates.length) return candidates
  const rank = ({ fingerprint }: Candidate) => fingerprintOf(seed, fingerprint)
  const ranked = candidates.map((candidate) => ({ candidate, rank: rank(candidate) }))
  const chosen = ranked.sort((one, other) => (one.rank < other.rank ? -1 : 1)).slice(0, size)
  return chosen.map(({ candidate }) => candidate).sort(byPlace)
}

function byPlace(one: Candidate, other: Candidate): number {
  return one.path.localeCompare(other.path, 'en') || one.start - other.start
}

/** Runs mutants against the tests that reach them. */
class Laboratory {
  readonly #folder = mkdtempSync(join(tmpdir(), 'latchstring-mutants-'))
  readonly #coverage = new Map<string, Coverage>()

  async measure(tests: readonly string[]): Promise<void> {
    for (const test of tests) this.#coverage.set(test, await coverageOf(test))
  }

  async judge(mutant: Candidate): Promise<Outcome> {
    const tests = this.#testsOf(mutant)
    if (tests.length === 0) return 'uncovered'
    const mutatedPath = join(this.#folder, `${mutant.fingerprint}.ts`)
    writeFileSync(mutatedPath, mutatedText(mutant))
    const { outcome } = await runWorker(mutant.path, mutatedPath, tests, this.#timeoutOf(tests))
    rmSync(mutatedPath)
    if (outcome === 'passed') return 'survived'
    return outcome === 'failed' ? 'killed' : 'timeout'
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** The file's own test first, then the quickest. What only runs while a module is loaded is reached by all. */
  #testsOf({ path, start }: Candidate): string[] {
    const own = path.replace(/\.ts$/, '.test.ts')
    const reaching = [...this.#coverage].filter(([, coverage]) => coverage.covers(path, start))
    const rank = ([test, { milliseconds }]: [string, Coverage]) => (test === own ? 0 : milliseconds)
    return reaching.sort((one, other) => rank(one) - rank(other)).map(([test]) => test)
  }

  #timeoutOf(tests: readonly string[]): number {
    const usual = tests.reduce((sum, test) => sum + (this.#coverage.get(test)?.milliseconds ?? 0), 0)
    return Math.round(LEAST_TIMEOUT + SLOWER * usual)
  }
}

function mutatedText({ text, start, end, replacement }: Candidate): string {
  return text.slice(0, start) + replacement + text.slice(end)
}

/** Returns whether the score is high enough. What a sample misses by chance is no failure. */
async function mutate(folder: MutatedFolder, size: number, seed: string, jobs: number): Promise<boolean> {
  const journal = new Journal<Result>('mutation')
  const all = candidatesIn(folder)
  const chosen = sampled(all, size, seed)
  const tests = fingerprintOf(...folder.tests.map((test) => readFileSync(test, 'utf8')))
  const open = chosen.filter(({ fingerprint }) => !isJudged(journal.get(fingerprint), tests))
  const sample = chosen.length < all.length ? ` of ${all.length} (SEED=${seed})` : ''
  console.log(
    `${folder.name}: ${chosen.length} mutants${sample}, ${chosen.length - open.length} judged before`,
  )
  if (open.length > 0)
    await judgeAll(folder, open, jobs, (mutant, outcome) => {
      journal.add(mutant.fingerprint, { outcome, tests })
    })
  const score = summarise(folder, chosen, journal)
  return chosen.length < all.length || score >= folder.leastScore
}

function isJudged(result: Result | undefined, tests: string): boolean {
  if (result === undefined) return false
  return result.outcome === 'killed' || result.outcome === 'timeout' || result.tests === tests
}

async function judgeAll(
  folder: MutatedFolder,
  open: readonly Candidate[],
  jobs: number,
  judged: (mutant: Candidate, outcome: Outcome) => void,
): Promise<void> {
  const laboratory = new Laboratory()
  const waiting = [...open]
  let done = 0
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const outcome = await laboratory.judge(next)
      judged(next, outcome)
      done++
      if (outcome === 'survived' || outcome === 'uncovered')
        console.log(`${done}/${open.length} ${describe(next)} ${outcome}`)
      else if (done % 50 === 0) console.log(`${done}/${open.length}`)
    }
  }
  try {
    await laboratory.measure(folder.tests)
    await Promise.all(Array.from({ length: jobs }, work))
  } finally {
    laboratory.close()
  }
}

function describe({ path, line, operator, text, start, end, replacement }: Candidate): string {
  const change = `${text.slice(start, end)} → ${replacement}`.replace(/\s+/g, ' ')
  return `${path}:${line} ${operator}: ${change.slice(0, 160)}`
}

function summarise(
  { name, files, leastScore }: MutatedFolder,
  chosen: readonly Candidate[],
  journal: Journal<Result>,
): number {
  const isNoticed = ({ fingerprint }: Candidate) => {
    const outcome = journal.get(fingerprint)?.outcome
    return outcome === 'killed' || outcome === 'timeout'
  }
  for (const file of files) {
    const mutants = chosen.filter(({ path }) => path === file)
    if (mutants.length > 0) console.log(`  ${file} ${shareOf(mutants, isNoticed).text}`)
  }
  const { percent, text } = shareOf(chosen, isNoticed)
  const least = leastScore > 0 ? `, at least ${leastScore} % of all` : ''
  console.log(`mutation score of ${name}: ${text}${least}`)
  return percent
}

function shareOf(mutants: readonly Candidate[], isNoticed: (mutant: Candidate) => boolean) {
  const noticed = mutants.filter(isNoticed).length
  const percent = (100 * noticed) / Math.max(1, mutants.length)
  return { percent, text: `${percent.toFixed(1)} % (${noticed} of ${mutants.length})` }
}

function numberFrom(variable: string, fallback: number): number {
  const given = process.env[variable]
  const number = given === undefined ? fallback : Number(given)
  if (number >= 1) return number
  throw new Error(`${variable} takes a number from 1 up`)
}

async function main(names: readonly string[]): Promise<void> {
  const { SEED: seed = '1' } = process.env
  const size = numberFrom('SAMPLE', Number.POSITIVE_INFINITY)
  const jobs = numberFrom('JOBS', 1)
  for (const name of names.length > 0 ? names : FOLDERS) {
    if (!(await mutate(folderNamed(name), size, seed, jobs))) process.exitCode = 1
  }
}

if (import.meta.main) await main(process.argv.slice(2))
