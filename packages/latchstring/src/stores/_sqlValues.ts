import { garbage } from './_sqlErrors.ts'

/** The most bytes of a text that an index of MySQL, and of PostgreSQL, surely takes. */
export const MAX_ID_BYTES = 1_024

/**
 * UTF-8 would make U+FFFD of a lone surrogate and so another key of it. The length is ours to check: MySQL cuts
 * what is too long unless its strict mode is on.
 */
export function isStorableId(id: string): boolean {
  return id.isWellFormed() && Buffer.byteLength(id) <= MAX_ID_BYTES
}

/** The value of a column of `table`, as text or bytes. */
export function textOf(value: unknown, table: string): string {
  if (typeof value === 'string') return value
  if (Buffer.isBuffer(value)) return value.toString()
  throw garbage(table)
}

/** Drivers give a bigint column as text, as a number or as a bigint. */
export function integerOf(value: unknown, table: string): number {
  const number = typeof value === 'string' || typeof value === 'bigint' ? Number(value) : value
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number
  throw garbage(table)
}
