import { MAX_ATTEMPTS } from '../core/engine.ts'
import { LatchstringError } from '../core/errors.ts'
import type { ReliableStore } from '../core/reliableStore.ts'
import type { Row } from '../core/types.ts'
import { type Applied, type Rows, rowAfter, type Step } from './recordRows.ts'

interface Asked {
  readonly step: Step
  readonly resolve: (applied: Applied) => void
  readonly reject: (error: unknown) => void
}

/**
 * Rows of the session store, changed by compare-and-swap. The changes of one row that gather in this process while
 * another one is under way are made together by one write, so that a flood on one counter costs a handful of trips.
 */
export class StoredRows implements Rows {
  readonly #store: ReliableStore
  /** A key is in here as long as somebody works on its row. */
  readonly #waiting = new Map<string, Asked[]>()

  constructor(store: ReliableStore) {
    this.#store = store
  }

  read(key: string): Promise<Row | null> {
    return this.#store.readFresh(key)
  }

  change(key: string, step: Step, known?: Row | null): Promise<Applied> {
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

  async #work(key: string, known: Row | null | undefined): Promise<void> {
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
    known: Row | null | undefined,
  ): Promise<Row | null | undefined> {
    try {
      const applied = await this.#swap(key, batch, known)
      for (const [index, { resolve }] of batch.entries()) resolve(applied[index] ?? NOTHING)
      return applied.at(-1)?.after
    } catch (error) {
      for (const { reject } of [...batch, ...this.#take(key)]) reject(error)
      return undefined
    }
  }

  /**
   * A write that succeeds proves that the row it began with was the newest. That everything stays as it is can only
   * be said of a row read after all of them had asked.
   */
  async #swap(key: string, batch: readonly Asked[], known: Row | null | undefined): Promise<Applied[]> {
    let seen = known
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const row = seen === undefined ? await this.#store.readFresh(key) : seen
      const applied = applyAll(key, row, batch)
      const next = applied.at(-1)?.after ?? null
      const isUnchanged = next === null || next === row
      const isDone = isUnchanged ? seen === undefined : await this.#store.write(next)
      if (isDone) return applied
      seen = undefined
    }
    throw new LatchstringError('conflict', 'too many others changed the same record at the same time')
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
