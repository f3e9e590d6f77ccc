import { isObject } from '../core/json.ts'
import type { Counters } from './counters.ts'
import type { RecordKind } from './recordRows.ts'
import type { Cells, Decide, Found } from './records.ts'

/** At most so many tries for one subject, in a window that the first of them begins. */
export interface Bucket {
  readonly name: string
  /** Whom it counts for. Only its hash is stored. */
  readonly subject: string
  readonly max: number
  /** Milliseconds. */
  readonly window: number
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

const WINDOW: RecordKind<Window> = { name: 'throttle', isValue: isWindow }

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
    return this.#counters.run((cells, share) =>
      take(
        cells,
        buckets.map((bucket) => shared(bucket, share)),
      ),
    )
  }
}

function shared(bucket: Bucket, share: number): Bucket {
  return { ...bucket, max: Math.max(1, Math.floor(bucket.max * share)) }
}

interface Seen {
  readonly bucket: Bucket
  readonly found: Found<Window>
}

/** Looks at all of them first, in one trip: whom a wide bucket refuses must not fill the store with narrow ones. */
async function take(cells: Cells, buckets: readonly Bucket[]): Promise<Admission> {
  const seen = await Promise.all(
    buckets.map(async (bucket) => ({ bucket, found: await cells.find(WINDOW, nameOf(bucket)) })),
  )
  const refusals = seen.flatMap(({ bucket, found }) =>
    isFull(found.value, bucket) ? [throttled(cells, bucket, found.value)] : [],
  )
  const [longest] = refusals.sort((one, other) => other.retryAfter - one.retryAfter)
  return longest ?? reserve(cells, seen)
}

interface Used {
  readonly bucket: Bucket
  readonly until: number
}

async function reserve(cells: Cells, seen: readonly Seen[]): Promise<Admission> {
  const used: Used[] = []
  for (const { bucket, found } of seen) {
    const { before, after } = await found.change(countOne(cells, bucket))
    if (isFull(before, bucket)) {
      await giveBackAll(cells, used)
      return throttled(cells, bucket, before)
    }
    used.push({ bucket, until: after?.until ?? 0 })
  }
  return { kind: 'admitted', giveBack: once(() => giveBackAll(cells, used)) }
}

function countOne({ clock }: Cells, bucket: Bucket): Decide<Window> {
  return (window) => {
    if (isFull(window, bucket)) return 'keep'
    const { count, until } = window ?? { count: 0, until: clock() + bucket.window }
    return { value: { count: count + 1, until }, expiresAt: until }
  }
}

/** What cannot be given back stays counted: stricter, never looser. */
async function giveBackAll(cells: Cells, used: readonly Used[]): Promise<void> {
  await Promise.allSettled(
    used.map(({ bucket, until }) => cells.change(WINDOW, nameOf(bucket), giveBackOne(until))),
  )
}

/** Nobody is left to give back to a window whose count is 0, so the next window may end at the same moment. */
function giveBackOne(until: number): Decide<Window> {
  return (window) => {
    if (window?.until !== until) return 'keep'
    const count = window.count - 1
    return count > 0 ? { value: { count, until }, expiresAt: until } : 'remove'
  }
}

function isFull(window: Window | null, { max }: Bucket): window is Window {
  return window !== null && window.count >= max
}

function throttled(
  { clock }: Cells,
  { name }: Bucket,
  { until }: Window,
): Admission & { readonly kind: 'throttled' } {
  return { kind: 'throttled', bucket: name, retryAfter: secondsUntil(until, clock()) }
}

/** Whole seconds from now on, and at least one. */
export function secondsUntil(moment: number, now: number): number {
  return Math.max(1, Math.ceil((moment - now) / 1_000))
}

function nameOf({ name, subject }: Bucket): string {
  return `${name}\n${subject}`
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null
  return () => {
    done ??= work()
    return done
  }
}

function isWindow(value: unknown): value is Window {
  if (!isObject(value)) return false
  const window: { readonly [K in keyof Window]?: unknown } = value
  return Number.isSafeInteger(window.count) && Number.isFinite(window.until)
}
