import assert from 'node:assert/strict'
import { Dice } from './dice.ts'

/** One kind of input that strangers may choose, and what must hold for every one of them. */
export interface Target {
  readonly name: string
  /** Inputs that have mattered once: they are tried first. */
  readonly corpus: readonly string[]
  /** What inputs are put together from, also for the check that the work grows no faster than the input. */
  readonly fragments: readonly string[]
  make(dice: Dice): string
  /** Throws when a promise is broken. */
  check(input: string): void
}

/** Tries so many inputs. A failure tells the seed and the input. */
export function fuzz(target: Target, seed: string, count: number): void {
  const dice = new Dice(`${seed}/${target.name}`)
  for (const input of target.corpus) checkOne(target, seed, -1, input)
  for (let index = 0; index < count; index++) checkOne(target, seed, index, target.make(dice))
}

function checkOne(target: Target, seed: string, index: number, input: string): void {
  try {
    target.check(input)
  } catch (cause) {
    const where = index < 0 ? 'of the corpus' : `${index} of SEED=${seed}`
    throw new Error(`${target.name}: input ${where} breaks a promise: ${JSON.stringify(input)}`, { cause })
  }
}

const SHORT = 4_000
const TIMES_LONGER = 8
/** Work that grows with the square of the input would be 64 times as much. */
const MOST_WORK = 24
/** In milliseconds: less is too little to compare. */
const LEAST_TIME = 0.5
const MOST_TRIES = 5

/** Whether the work grows with the input, whichever two of its fragments come again and again. */
export function checkLinearTime({ name, fragments, check }: Target): void {
  for (const unit of fragments.flatMap((one) => fragments.map((other) => one + other))) {
    if (unit === '') continue
    const text = (length: number) => unit.repeat(Math.ceil(length / unit.length))
    const [short, long] = [text(SHORT), text(SHORT * TIMES_LONGER)]
    const isLinear = Array.from({ length: MOST_TRIES }).some(() => growth(check, short, long) < MOST_WORK)
    assert.ok(isLinear, `${name}: ${JSON.stringify(unit)} again and again takes more than its length`)
  }
}

function growth(check: (input: string) => void, short: string, long: string): number {
  return (
    fastest(() => check(long)) /
    Math.max(
      LEAST_TIME,
      fastest(() => check(short)),
    )
  )
}

/** Of three: what else this machine does only ever makes it slower. */
function fastest(work: () => void): number {
  const times = Array.from({ length: 3 }, () => {
    const started = performance.now()
    work()
    return performance.now() - started
  })
  return Math.min(...times)
}

const PROTOTYPES = [Object, Array, String, Function, Map, Set, Promise, RegExp].map(
  (owner) => owner.prototype,
)

/** What the prototypes of everything hold, for a comparison of before and after. */
export function prototypeKeys(): string {
  return JSON.stringify(PROTOTYPES.map((prototype) => Reflect.ownKeys(prototype).map(String)))
}
