import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { givenSeed, nextSeed } from './seeds.ts'

/** A part of a long run. */
export interface Part {
  readonly seed: number
  readonly count: number
}

interface State {
  readonly seed: number
  readonly done: number
}

const SHOWN_EVERY = 10_000

/**
 * Does a long run part by part. If `PROGRESS` names a folder, a run that was stopped goes on where it was, and says
 * on the way how far it is.
 */
export async function inParts(
  name: string,
  total: number,
  size: number,
  run: (part: Part) => Promise<void>,
): Promise<{ readonly seed: number; readonly milliseconds: number; readonly done: number }> {
  const file = fileOf(name)
  const { seed, done } = resumed(file)
  const began = performance.now()
  let shownAt = began
  for (let at = done; at < total; at += size) {
    await run({ seed: nextSeed(seed, at), count: Math.min(size, total - at) })
    keep(file, { seed, done: at + size })
    if (file === null || performance.now() - shownAt < SHOWN_EVERY) continue
    shownAt = performance.now()
    show(`${name}: ${at + size} of ${total}, seed ${seed}`)
  }
  if (file !== null) rmSync(file, { force: true })
  return { seed, milliseconds: performance.now() - began, done: total - done }
}

function fileOf(name: string): string | null {
  const { PROGRESS } = process.env
  if (!PROGRESS) return null
  mkdirSync(PROGRESS, { recursive: true })
  return join(PROGRESS, `${name.replaceAll(/[^A-Za-z0-9]+/g, '-')}.json`)
}

/** A seed that is given begins a run of its own, or goes on with the one that it began. */
function resumed(file: string | null): State {
  const { SEED } = process.env
  const fresh = { seed: givenSeed(), done: 0 }
  const state = file === null ? null : kept(file)
  const isMeant = state !== null && (!SEED || state.seed === fresh.seed)
  return isMeant ? state : fresh
}

/** What a run has left that was stopped, or killed while it wrote that down. */
function kept(file: string): State | null {
  try {
    const { seed, done }: Record<string, unknown> = JSON.parse(readFileSync(file, 'utf8'))
    return isCount(seed) && isCount(done) ? { seed, done } : null
  } catch {
    return null
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

function keep(file: string | null, state: State): void {
  if (file !== null) writeFileSync(file, JSON.stringify(state))
}

function show(line: string): void {
  process.stderr.write(`${line}\n`)
}
