import type { Identifier, NewUser, UserChanges } from '../auth/types.ts'
import { LatchstringError } from '../core/errors.ts'
import { isStorableId, MAX_ID_BYTES } from '../stores/_sqlValues.ts'

/** Throws when some database would refuse the user, or hand it back changed. All take and refuse the same. */
export function checkNewUser({ email, username, passwordHash, createdAt }: NewUser): void {
  checkTexts([email.text, email.key, ...textsOf(username), passwordHash ?? ''])
  checkNumbers([createdAt])
}

export function checkChanges(changes: UserChanges): void {
  const { email, username, passwordHash, credentialVersion, emailVerifiedAt, disabledAt } = changes
  checkTexts([...textsOf(email), ...textsOf(username), passwordHash ?? ''])
  checkNumbers([
    credentialVersion === undefined ? 0 : credentialVersion,
    emailVerifiedAt ?? 0,
    disabledAt ?? 0,
  ])
}

/** The text of some databases holds no NUL, and the text of none a lone surrogate. */
export function isStorable(text: string): boolean {
  return isStorableId(text) && !text.includes('\0')
}

function textsOf(identifier: Identifier | null | undefined): string[] {
  return identifier == null ? [] : [identifier.text, identifier.key]
}

function checkTexts(texts: readonly unknown[]): void {
  if (texts.every((text) => typeof text === 'string' && isStorable(text))) return
  throw new LatchstringError(
    'invalid_argument',
    `The texts of a user must be well-formed Unicode without NUL characters, of at most ${MAX_ID_BYTES} bytes in UTF-8.`,
  )
}

function checkNumbers(numbers: readonly unknown[]): void {
  if (numbers.every(Number.isSafeInteger)) return
  throw new LatchstringError('invalid_argument', 'The times and the version of a user must be whole numbers.')
}
