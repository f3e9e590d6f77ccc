import type { DatabaseSync } from 'node:sqlite'
import { LatchstringError } from '../core/errors.ts'
import type { Row } from '../core/types.ts'
import { checkNumbers } from './_sqlSessions.ts'

/** Throws when SQLite would hand the row back changed: a user id that is cut is another user's. */
export type CheckRow = (row: Row) => void

/** To be called before a row joins others in a transaction, which it would make fail for all. */
export function createCheck(database: DatabaseSync): CheckRow {
  const keeps = keepsNul(database)
    ? isWellFormed
    : (text: string) => isWellFormed(text) && !text.includes('\0')
  return (row) => {
    checkNumbers(row)
    const { key, userId, payload } = row
    if (!keeps(key) || !keeps(userId ?? '') || !keeps(payload)) throw badText()
  }
}

/** Lone surrogates become U+FFFD on their way into SQLite. */
function isWellFormed(text: string): boolean {
  return text.isWellFormed()
}

/** Node 24.15 still cuts text at the first NUL when it reads; 24.18 does not. */
function keepsNul(database: DatabaseSync): boolean {
  const statement = database.prepare('SELECT ? AS text')
  statement.setReturnArrays(false)
  const { text } = statement.get('\0') ?? {}
  return text === '\0'
}

function badText(): LatchstringError {
  return new LatchstringError(
    'invalid_argument',
    'The key, userId and payload of a row must be well-formed Unicode, as SQLite would change lone surrogates, ' +
      'and on this release of Node without NUL characters, as it would cut the text there.',
  )
}
