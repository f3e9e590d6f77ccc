import { parseObject } from '../core/json.ts'
import { tokenKey } from '../core/token.ts'
import type { Row, UserId } from '../core/types.ts'
import { OWN_PREFIX, userIdText } from '../core/user.ts'

/** One purpose that records are kept for. */
export interface RecordKind<T> {
  readonly name: string
  /** What is no value of this kind counts as absent. */
  readonly isValue: (value: unknown) => value is T
}

export interface NewRecord<T> {
  readonly value: T
  /** Milliseconds since the epoch. From then on the record counts as absent. */
  readonly expiresAt: number
  /** Whose it is, by `ownerOf`. Default: whoever owned the record so far, or nobody. */
  readonly owner?: string
}

/** What becomes of a record. */
export type Decision<T> = NewRecord<T> | 'keep' | 'remove'

/** A row that has no version yet. */
export type Draft = Omit<Row, 'key' | 'version'>

/** What follows a row, or `null` if it stays as it is. */
export type Step = (row: Row | null) => Draft | null

export interface Applied {
  readonly before: Row | null
  readonly after: Row | null
}

/** A row as it was seen last, or a guess: that it is still as this process has left it, absent if it never has. */
export type Known = Row | null | 'as left'

/** Rows that change one after the other. */
export interface Rows {
  read(key: string): Promise<Row | null>
  /** Applies a step to the newest row. It may be called more than once. Whoever knows the row saves a trip. */
  change(key: string, step: Step, known?: Known): Promise<Applied>
}

/** The key of a record: 43 characters that tell neither its kind nor its name, and are no key of any session. */
export function recordKey({ name: kind }: RecordKind<unknown>, name: string): string {
  // No token has a line break in it, and no kind's name has one.
  return tokenKey(`${kind}\n${name}`)
}

/** What a user's records of one kind are filed under. No user's sessions are. */
export function ownerOf({ name }: RecordKind<unknown>, userId: UserId): string {
  return `${OWN_PREFIX}${name}/${userIdText(userId)}`
}

/** The value of a row, or `null` if it is over, of another kind or none that we wrote. */
export function recordValue<T>({ name, isValue }: RecordKind<T>, row: Row | null, now: number): T | null {
  if (row === null || row.expiresAt <= now) return null
  const stored: { readonly record?: unknown; readonly value?: unknown } | null = parseObject(row.payload)
  return stored?.record === name && isValue(stored.value) ? stored.value : null
}

/** One line, which a session never has: the engine takes no record for one. */
export function recordDraft<T>(
  { name }: RecordKind<T>,
  { value, expiresAt, owner }: NewRecord<T>,
  before: Row | null,
): Draft {
  const payload = JSON.stringify({ record: name, value })
  return { userId: owner ?? before?.userId ?? null, expiresAt, payload }
}

/** A version that nobody finds and that refuses every write still on its way. The purge takes it. */
export const CLOSED: Draft = { userId: null, expiresAt: 0, payload: '' }

export function rowAfter(key: string, before: Row | null, draft: Draft): Row {
  return { key, version: (before?.version ?? 0) + 1, ...draft }
}
