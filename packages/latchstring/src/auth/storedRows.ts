import { MAX_ATTEMPTS } from '../core/engine.ts'
import { LatchstringError } from '../core/errors.ts'
import { Recent } from '../core/recent.ts'
import type { ReliableStore } from '../core/reliableStore.ts'
import type { Clock, Row } from '../core/types.ts'
import { type Applied, type Known, type Rows, rowAfter, type Step } from './recordRows.ts'

interface Asked {
  readonly step: Step
  readonly resolve: (applied: Applied) => void
  readonly reject: (error: unknown) => void
}

/** A row whose place in the store was looked up, or guessed. */
interface Sight {
  readonly row: Row | null
  /** Whether it was read after all of a batch had asked. */
  readonly isFresh: boolean
}

/** Characters of the rows that are guessed to be as they were left: some thousand of the usual size. */
const MOST_REMEMBERED = 2_000_000
/** Milliseconds by which the clocks of those who purge may differ. */
const CLOCK_SKEW = 60_000

/**
 * Rows of the session store, changed by compare-and-swap. The changes of one row that gather in this process while
 * another one is under way are made together by one write, so that a flood on one counter costs a handful of trips.
 */
export class StoredRows implements Rows {
  readonly #store: ReliableStore
  readonly #clock: Clock
  /** A key is in here as long as somebody works on its row. */
  readonly #waiting = new Map<string, Asked[]>()
  readonly #left = new Recent<Row>(MOST_REMEMBERED)

  constructor(store: ReliableStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  read(key: string): Promise<Row | null> {
    return this.#store.readFresh(key)
  }

  change(key: string, step: Step, known?: Known): Promise<Applied> {
    const { promise, resolve, reject } = Promise.withResolvers<Applied>()
    const asked = { step, resolve, reject }
    const waiting = this.#waiting.get(key)
    if (waiting !== undefined) {
      waiting.push(asked)
      return promise
    }
    this.#waiting.set(key, [asked])
    void this.#work(key, known)
    return promise
  }

  async #work(key: string, known: Known | undefined): Promise<void> {
    let row = known
    for (let batch = this.#take(key); batch.length > 0; batch = this.#take(key)) {
      row = await this.#settle(key, batch, row)
    }
    this.#waiting.delete(key)
  }

  #take(key: string): Asked[] {
    const batch = this.#waiting.get(key) ?? []
    this.#waiting.set(key, [])
    return batch
  }

  /** Returns the row as it was left, if that is known. What waits behind a failure fails with it, not one by one. */
  async #settle(
    key: string,
    batch: readonly Asked[],
    known: Known | undefined,
  ): Promise<Row | null | undefined> {
    try {
      const applied = await this.#change(key, batch, known)
      for (const [index, { resolve }] of batch.entries()) resolve(applied[index] ?? NOTHING)
      return this.#remember(key, applied.at(-1)?.after, known === 'as left')
    } catch (error) {
      for (const { reject } of [...batch, ...this.#take(key)]) reject(error)
      return undefined
    }
  }

  #remember(key: string, row: Row | null | undefined, isGuessed: boolean): Row | null | undefined {
    const isWorthIt = isGuessed || this.#left.get(key) !== undefined
    if (row && isWorthIt) this.#left.set(key, row, row.key.length + row.payload.length)
    return row
  }

  #change(key: string, batch: readonly Asked[], known: Known | undefined): Promise<Applied[]> {
    if (known === 'as left') return this.#changeAsLeft(key, batch)
    const sight = known === undefined ? null : { row: this.#newest(key, known), isFresh: false }
    return this.#swap(key, batch, sight)
  }

  /** This process may have changed the row since whoever asks has seen it. */
  #newest(key: string, seen: Row | null): Row | null {
    const left = this.#guess(key)
    return left !== null && left.version > (seen?.version ?? 0) ? left : seen
  }

  /** The row is read at the same time: nobody waits longer for a guess that was wrong. */
  async #changeAsLeft(key: string, batch: readonly Asked[]): Promise<Applied[]> {
    const looking = this.#look(key)
    // Nobody asks for it if the guess was right.
    looking.catch(() => {})
    const guessed = await this.#trySwap(key, batch, { row: this.#guess(key), isFresh: false })
    return guessed ?? this.#swap(key, batch, await looking)
  }

  /**
   * A write is refused if this is wrong. Only for a row that nobody has purged: one that was made anew may have come to
   * the same version.
   */
  #guess(key: string): Row | null {
    const row = this.#left.get(key)
    return row !== undefined && row.expiresAt > this.#clock() + CLOCK_SKEW ? row : null
  }

  async #swap(key: string, batch: readonly Asked[], seen: Sight | null): Promise<Applied[]> {
    let sight = seen
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const applied = await this.#trySwap(key, batch, sight ?? (await this.#look(key)))
      if (applied !== null) return applied
      sight = null
    }
    throw new LatchstringError('conflict', 'too many others changed the same record at the same time')
  }

  async #look(key: string): Promise<Sight> {
    return { row: await this.#store.readFresh(key), isFresh: true }
  }

  /**
   * A write that succeeds proves that the row it began with was the newest. That everything stays as it is can only
   * be said of a row read after all of them had asked.
   */
  async #trySwap(key: string, batch: readonly Asked[], { row, isFresh }: Sight): Promise<Applied[] | null> {
    const applied = applyAll(key, row, batch)
    const next = applied.at(-1)?.after ?? null
    const isUnchanged = next === null || next === row
    const isDone = isUnchanged ? isFresh : await this.#store.write(next)
    return isDone ? applied : null
  }
}

const NOTHING: Applied = { before: null, after: null }

function applyAll(key: string, stored: Row | null, batch: readonly Asked[]): Applied[] {
  let row = stored
  return batch.map(({ step }) => {
    const before = row
    const draft = step(before)
    if (draft !== null) row = rowAfter(key, stored, draft)
    return { before, after: row }
  })
}
