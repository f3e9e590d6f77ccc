import type { Row } from '../core/types.ts'

/**
 * Index and rows are read one after the other, and meanwhile a session may pass from one row to the next: its new row is
 * entered, then stored, and the old one closed after that. A row that is not there has been closed, has not been stored
 * yet, or is what a crash has left of an entry. So the search is over when every key that the index names has its row, or
 * when two looks in a row were followed by no new entry that leads nowhere: without one a session can pass on once at most,
 * to a row that the second look finds.
 */
export class ListSearch {
  readonly #found = new Map<string, Row>()
  /** What the index named at the look before, and names at this one. */
  #before: ReadonlyMap<string, string> = new Map()
  #entries: ReadonlyMap<string, string> = new Map()
  #quietLooks = 0
  isOver = false

  get rows(): Row[] {
    return [...this.#found.values()]
  }

  /** Takes what the index names now, and returns the keys whose rows are still to be found. */
  begin(entries: ReadonlyMap<string, string>): string[] {
    this.#before = this.#entries
    this.#entries = entries
    return [...new Set(entries.values())].filter((key) => !this.#found.has(key))
  }

  /** Takes the rows that were there. */
  end(rows: readonly Row[]): void {
    for (const row of rows) this.#found.set(row.key, row)
    const missing = [...this.#entries].filter(([, key]) => !this.#found.has(key))
    const isQuiet = missing.every(([entry]) => this.#before.has(entry))
    this.#quietLooks = isQuiet ? this.#quietLooks + 1 : 0
    this.isOver = missing.length === 0 || this.#quietLooks === 2
  }
}
