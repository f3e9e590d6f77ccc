import { LatchstringError } from './errors.ts'
import type { UserId } from './types.ts'

/** Long enough for any id in use, short enough for an indexed column of every store. */
const LONGEST_USER_ID = 255

/** What the library files its own rows under begins with this, and no user's id does: the two never meet. */
export const OWN_PREFIX = 'latchstring/'

export type UserIdType = 'string' | 'number' | 'bigint'

export function isUserIdType(value: unknown): value is UserIdType {
  return value === 'string' || value === 'number' || value === 'bigint'
}

/**
 * The text under which a store files a user's sessions.
 * @throws LatchstringError `invalid_argument` for anything that does not identify one user.
 */
export function userIdText(userId: unknown): string {
  if (typeof userId === 'bigint' || Number.isSafeInteger(userId)) return String(userId)
  if (typeof userId === 'string' && isStorableText(userId)) return userId
  throw new LatchstringError(
    'invalid_argument',
    `a user id is a text of 1 to ${LONGEST_USER_ID} characters that does not begin with "${OWN_PREFIX}", a whole number or a bigint; convert yours, for example String(user._id)`,
  )
}

/** A user's id in the type that the application gave it at login. */
export function restoreUserId(text: string, type: UserIdType): UserId {
  if (type === 'number') return Number(text)
  return type === 'bigint' ? BigInt(text) : text
}

/** Whether this text is the one of an id of this type. */
export function isIdText(text: string, type: UserIdType): boolean {
  return type === 'string' || (/^-?\d+$/.test(text) && String(restoreUserId(text, type)) === text)
}

function isStorableText(text: string): boolean {
  const lengthFits = text.length > 0 && text.length <= LONGEST_USER_ID
  return lengthFits && text.isWellFormed() && !text.includes('\0') && !text.startsWith(OWN_PREFIX)
}
