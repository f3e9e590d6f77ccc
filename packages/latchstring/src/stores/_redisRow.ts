import { LatchstringError } from '../core/errors.ts'
import type { Row } from '../core/types.ts'

/** A row as Redis holds it, and the entry in its user's index that stands for it. */
export interface StoredRow {
  readonly row: Row
  /** {@link NO_ENTRY} when the row has no user. */
  readonly entry: string
}

export const NO_ENTRY = '-'

/**
 * `version expiresAt listedUntil entry length userId payload`: one string, so that a read is one GET, with in front
 * what the scripts look at. The length is JavaScript's, as only this file cuts the user id out; `-` is no user.
 */
const HEAD = /^(\d+) (\d+) \d+ (\S+) (-|\d+) /

/** How many bytes the head takes at most: numbers of 16 digits, entries of 17, a length of 10. */
export const HEAD_SIZE = 96

/** The part of the value that says whose the row is: equal if and only if the user is. */
export function ownerOf({ userId }: Row): string {
  return userId === null ? '- ' : `${userId.length} ${userId}`
}

export function decodeRow(key: string, value: unknown): StoredRow {
  if (typeof value !== 'string') throw garbage(key)
  const [head, version, expiresAt, entry, length] = HEAD.exec(value) ?? []
  if (head === undefined || entry === undefined) throw garbage(key)
  const end = head.length + (length === '-' ? 0 : Number(length))
  const userId = length === '-' ? null : value.slice(head.length, end)
  const payload = value.slice(end)
  return { row: { key, userId, version: Number(version), expiresAt: Number(expiresAt), payload }, entry }
}

/** @throws LatchstringError `invalid_argument` when the row would not come back as it is. */
export function checkRow({ key, userId, version, expiresAt, payload }: Row): void {
  if (!isCount(version) || !isCount(expiresAt)) throw noCount()
  if (!key.isWellFormed() || !(userId ?? '').isWellFormed() || !payload.isWellFormed()) throw badText()
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function noCount(): LatchstringError {
  return new LatchstringError(
    'invalid_argument',
    'The version and expiresAt of a row must be whole numbers that are not negative.',
  )
}

function badText(): LatchstringError {
  return new LatchstringError(
    'invalid_argument',
    'The key, userId and payload of a row must be well-formed Unicode, as Redis would get lone surrogates changed.',
  )
}

function garbage(key: string): LatchstringError {
  return new LatchstringError(
    'store_unavailable',
    `Redis holds something under the key of session ${key.slice(0, 8)}… that redisStore did not write. Give the store a prefix of its own.`,
  )
}
