import { LatchstringError } from '../core/errors.ts'
import type { Row } from '../core/types.ts'
import type { Schema } from './_sqlSchema.ts'
import { integerOf, isStorableId, MAX_ID_BYTES, textOf } from './_sqlValues.ts'

export const SESSIONS = 'latchstring_sessions'
export const USER_INDEX = 'latchstring_sessions_user'
/** Tells the version of the tables. */
export const SCHEMA = 'latchstring_schema'

export function sessionsSchema<Step>(migrations: readonly Step[]): Schema<Step> {
  return { table: SCHEMA, holds: "latchstring's tables", migrations }
}

/** Throws when the database would refuse the row with a message of its own, or hand it back changed. */
export function checkRow(row: Row, database: string, keepsNul: boolean): void {
  checkNumbers(row)
  const { key, userId, payload } = row
  if (!isStorableId(key) || !isStorableId(userId ?? '')) throw badId(database)
  if (!payload.isWellFormed() || (!keepsNul && payload.includes('\0'))) throw badPayload(database, keepsNul)
}

export function checkNumbers({ version, expiresAt }: Row): void {
  if (Number.isSafeInteger(version) && Number.isSafeInteger(expiresAt)) return
  throw new LatchstringError('invalid_argument', 'The version and expiresAt of a row must be whole numbers.')
}

function badId(database: string): LatchstringError {
  return new LatchstringError(
    'invalid_argument',
    `The key and userId of a row must be well-formed Unicode of at most ${MAX_ID_BYTES} bytes in UTF-8 ` +
      `to be stored in ${database}.`,
  )
}

function badPayload(database: string, keepsNul: boolean): LatchstringError {
  const nul = keepsNul ? '' : ' without NUL characters'
  return new LatchstringError(
    'invalid_argument',
    `The payload of a row must be well-formed Unicode${nul} to be stored in ${database}.`,
  )
}

/** From the columns in the order key, user_id, version, expires_at, payload, whatever types the driver gives them. */
export function rowOf([key, userId, version, expiresAt, payload]: readonly unknown[]): Row {
  return {
    key: textOf(key, SESSIONS),
    userId: userId === null ? null : textOf(userId, SESSIONS),
    version: integerOf(version, SESSIONS),
    expiresAt: integerOf(expiresAt, SESSIONS),
    payload: textOf(payload, SESSIONS),
  }
}
