import type { Row, Store } from '../../core/types.ts'

/** What a store may do without if it says so. */
export type Capability = 'compare-and-swap across processes' | 'list' | 'purge'

/** One sentence of the contract, and what proves it on a store that holds nothing. */
export interface ContractCase {
  readonly name: string
  /** The sentence is about this capability, and says nothing to a store without it. */
  readonly needs?: Capability
  readonly run: (store: Store) => Promise<void>
}

/** Some moment; the contract never looks at a real clock. */
export const NOW = 1_800_000_000_000

/** A row as it is created, with what the test says different. */
export function aRow(changes: Partial<Row> = {}): Row {
  return { key: 'key', userId: 'user', version: 1, expiresAt: NOW + 60_000, payload: '{}', ...changes }
}

/** The row that a writer who has read `row` would write next. */
export function next(row: Row, changes: Partial<Row> = {}): Row {
  return { ...row, version: row.version + 1, ...changes }
}

/** Calls `make` with 0 to count - 1, all before the first has answered. */
export function parallel<T>(count: number, make: (index: number) => T | Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => make(index)))
}

export function countOf<T>(values: readonly T[], wanted: T): number {
  return values.filter((value) => value === wanted).length
}

export function byKey(rows: readonly Row[]): Row[] {
  return rows.toSorted((left, right) => (left.key < right.key ? -1 : 1))
}
