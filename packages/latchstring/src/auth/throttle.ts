import { isObject } from '../core/json.ts'
import { tokenKey } from '../core/token.ts'
import type { Counters } from './counters.ts'
import type { Decision, RecordKind } from './recordRows.ts'
import type { Cells, Changed, Decide, Found } from './records.ts'

/** At most so many tries for one subject, in a window that the first of them begins. */
export interface Bucket {
  readonly name: string
  /** Whom it counts for. Only its hash is stored. */
  readonly subject: string
  readonly max: number
  /** Milliseconds. */
  readonly window: number
  /**
   * A wider one in whose row this one is counted too, and in the same step. The row has a line for each subject that
   * was tried in the meantime, so let the wide one be small.
   */
  readonly within?: Bucket
}

/** A try that was counted, and may be taken back; or one too many. */
export type Admission =
  | {
      readonly kind: 'admitted'
      /** Undoes what this try used, once, and nothing of a later window. Never rejects. */
      readonly giveBack: () => Promise<void>
    }
  | {
      readonly kind: 'throttled'
      /** The name of the bucket that is full. */
      readonly bucket: string
      /** Whole seconds. */
      readonly retryAfter: number
    }

interface Window {
  readonly count: number
  /** Milliseconds since the epoch. */
  readonly until: number
}

/** By the hash of whom they count for. */
type Windows = Readonly<Record<string, Window>>

const WINDOWS: RecordKind<Windows> = { name: 'throttle', isValue: isWindows }

/** What was seen of some buckets before anything is counted in them. */
export interface Look {
  /** The bucket that is full for longest, if one is. */
  readonly refusal: Refusal | null
  /** Like `take` of the throttle, and a trip cheaper as long as nobody else is counted meanwhile. */
  take(): Promise<Admission>
}

type Refusal = Admission & { readonly kind: 'throttled' }

/**
 * Counts tries before they are made, exactly over all processes on one store. While the store fails, each process
 * counts by itself up to half of each limit.
 */
export class Throttle {
  readonly #counters: Counters

  constructor(counters: Counters) {
    this.#counters = counters
  }

  /**
   * Counts a try in every bucket, or in none if one of them is full. Name the narrowest bucket first: it is counted
   * first, so that those whom it refuses take no room in a wider one from anybody.
   */
  take(buckets: readonly Bucket[]): Promise<Admission> {
    return this.#counters.run(async (cells, share) => takeSeen(cells, await see(cells, buckets, share)))
  }

  /** Reads the buckets ahead. */
  async look(buckets: readonly Bucket[]): Promise<Look> {
    const looked = await this.#counters.run(async (cells, share) => ({
      cells,
      seen: await see(cells, buckets, share),
    }))
    const take = () =>
      this.#counters.run(async (cells, share) =>
        takeSeen(cells, cells === looked.cells ? looked.seen : await see(cells, buckets, share)),
      )
    return { refusal: longestRefusal(looked.cells, looked.seen), take }
  }

  /** Like `take`, in one trip as long as no other process counts in the same row. */
  takeAsLeft(bucket: Bucket): Promise<Admission> {
    return this.#counters.run(async (cells, share) => {
      const row = rowOf(bucket, share)
      const changed = await cells.changeAsLeft(WINDOWS, row.name, countOne(cells, row))
      return admissionOf(cells, row, changed)
    })
  }
}

/** Buckets that are counted in one step: one, and those that it is within. */
interface CountedRow {
  readonly name: string
  readonly buckets: readonly Bucket[]
}

function rowOf(bucket: Bucket, share: number): CountedRow {
  const buckets = chainOf(bucket)
  const widest = buckets.at(-1) ?? bucket
  return { name: nameOf(widest), buckets: buckets.map((one) => shared(one, share)) }
}

function chainOf(bucket: Bucket): readonly Bucket[] {
  return bucket.within === undefined ? [bucket] : [bucket, ...chainOf(bucket.within)]
}

function shared(bucket: Bucket, share: number): Bucket {
  return { ...bucket, max: Math.max(1, Math.floor(bucket.max * share)) }
}

interface Seen {
  readonly row: CountedRow
  readonly found: Found<Windows>
}

/** In one trip. */
function see(cells: Cells, buckets: readonly Bucket[], share: number): Promise<Seen[]> {
  return Promise.all(
    buckets.map(async (bucket) => {
      const row = rowOf(bucket, share)
      return { row, found: await cells.find(WINDOWS, row.name) }
    }),
  )
}

/** Looks at all of them first: whom a wide bucket refuses must not fill the store with narrow ones. */
async function takeSeen(cells: Cells, seen: readonly Seen[]): Promise<Admission> {
  return longestRefusal(cells, seen) ?? reserve(cells, seen)
}

function longestRefusal(cells: Cells, seen: readonly Seen[]): Refusal | null {
  return longest(seen.flatMap(({ row, found }) => refusalOf(cells, row, found.value) ?? []))
}

async function reserve(cells: Cells, seen: readonly Seen[]): Promise<Admission> {
  const taken: (Admission & { readonly kind: 'admitted' })[] = []
  const giveBack = async () => void (await Promise.all(taken.map((one) => one.giveBack())))
  for (const { row, found } of seen) {
    const admission = admissionOf(cells, row, await found.change(countOne(cells, row)))
    if (admission.kind === 'throttled') {
      await giveBack()
      return admission
    }
    taken.push(admission)
  }
  return { kind: 'admitted', giveBack }
}

/** What a change by `countOne` amounts to. */
function admissionOf(cells: Cells, row: CountedRow, { before, after, again }: Changed<Windows>): Admission {
  const refusal = refusalOf(cells, row, before)
  if (refusal !== null) return refusal
  return { kind: 'admitted', giveBack: once(() => quietly(again(giveBackOne(cells, row, after ?? {})))) }
}

function countOne(cells: Cells, row: CountedRow): Decide<Windows> {
  return (windows) => {
    if (refusalOf(cells, row, windows) !== null) return 'keep'
    const living = livingIn(windows, cells.clock())
    return kept({ ...living, ...Object.fromEntries(row.buckets.map((one) => counted(cells, one, living))) })
  }
}

function counted({ clock }: Cells, bucket: Bucket, living: Windows): readonly [string, Window] {
  const key = keyOf(bucket)
  const { count, until } = living[key] ?? { count: 0, until: clock() + bucket.window }
  return [key, { count: count + 1, until }]
}

/**
 * Nobody is left to give back to a window whose count is 0, so the next one may end at the same moment. The row stays
 * without it for as long as it would have, so that the next try need not ask how it was left.
 */
function giveBackOne({ clock }: Cells, { buckets }: CountedRow, used: Windows): Decide<Windows> {
  const keys = new Set(buckets.map(keyOf))
  return (windows) => {
    const living = Object.entries(livingIn(windows, clock()))
    const left = living.map(([key, window]): [string, Window] => {
      const isUsed = keys.has(key) && used[key]?.until === window.until
      return [key, isUsed ? { ...window, count: window.count - 1 } : window]
    })
    const remaining = Object.fromEntries(left.filter(([, { count }]) => count > 0))
    return living.length === 0
      ? 'keep'
      : { ...kept(remaining), expiresAt: latestEnd(Object.fromEntries(living)) }
  }
}

/** The row lasts as long as any of its windows. */
function kept(windows: Windows): Decision<Windows> & object {
  return { value: windows, expiresAt: latestEnd(windows) }
}

function latestEnd(windows: Windows): number {
  return Math.max(...Object.values(windows).map(({ until }) => until))
}

/** What cannot be given back stays counted: stricter, never looser. */
async function quietly(work: Promise<unknown>): Promise<void> {
  await Promise.allSettled([work])
}

function livingIn(windows: Windows | null, now: number): Windows {
  return Object.fromEntries(Object.entries(windows ?? {}).filter(([, { until }]) => now < until))
}

function refusalOf({ clock }: Cells, { buckets }: CountedRow, windows: Windows | null): Refusal | null {
  const living = livingIn(windows, clock())
  return longest(
    buckets.flatMap((bucket) => {
      const window = living[keyOf(bucket)] ?? null
      return isFull(window, bucket) ? [throttled(bucket, window, clock())] : []
    }),
  )
}

function longest(refusals: Refusal[]): Refusal | null {
  return refusals.sort((one, other) => other.retryAfter - one.retryAfter)[0] ?? null
}

function isFull(window: Window | null, { max }: Bucket): window is Window {
  return window !== null && window.count >= max
}

function throttled({ name }: Bucket, { until }: Window, now: number): Refusal {
  return { kind: 'throttled', bucket: name, retryAfter: secondsUntil(until, now) }
}

/** Whole seconds from now on, and at least one. */
export function secondsUntil(moment: number, now: number): number {
  return Math.max(1, Math.ceil((moment - now) / 1_000))
}

function nameOf({ name, subject }: Bucket): string {
  return `${name}\n${subject}`
}

/** Only the hash is stored of whom a window counts for. */
function keyOf(bucket: Bucket): string {
  return tokenKey(nameOf(bucket))
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null
  return () => {
    done ??= work()
    return done
  }
}

function isWindows(value: unknown): value is Windows {
  return isObject(value) && Object.values(value).every(isWindow)
}

function isWindow(value: unknown): value is Window {
  if (!isObject(value)) return false
  const window: { readonly [K in keyof Window]?: unknown } = value
  return Number.isSafeInteger(window.count) && Number.isFinite(window.until)
}
