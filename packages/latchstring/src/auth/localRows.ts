import type { Row } from '../core/types.ts'
import { type Applied, type Rows, rowAfter, type Step } from './recordRows.ts'

/** Some 5 MB of counters. */
const MOST_ROWS = 10_000

/** Rows in this process's memory alone. The one that was used least recently makes room. */
export class LocalRows implements Rows {
  readonly #rows = new Map<string, Row>()

  async read(key: string): Promise<Row | null> {
    const row = this.#rows.get(key)
    if (row === undefined) return null
    this.#put(row)
    return row
  }

  async change(key: string, step: Step): Promise<Applied> {
    const before = this.#rows.get(key) ?? null
    const draft = step(before)
    if (draft === null) return { before, after: before }
    const after = rowAfter(key, before, draft)
    this.#put(after)
    return { before, after }
  }

  /** A Map keeps the order of insertion: the row used last goes to the end. */
  #put(row: Row): void {
    this.#rows.delete(row.key)
    this.#rows.set(row.key, row)
    const oldest = this.#rows.keys().next().value
    if (this.#rows.size > MOST_ROWS && oldest !== undefined) this.#rows.delete(oldest)
  }
}
