import type { NewUser, User, UserChanges } from '../auth/types.ts'
import type { UserId } from '../core/types.ts'

export const FIRST_VERSION = 1

export function createdUser(id: number, { email, username, passwordHash, createdAt }: NewUser): User {
  return {
    id,
    email: email.text,
    username: username?.text ?? null,
    emailVerifiedAt: null,
    passwordHash,
    credentialVersion: FIRST_VERSION,
    disabledAt: null,
    createdAt,
  }
}

export function changedUser(user: User, changes: UserChanges): User {
  const { email, username } = changes
  return {
    id: user.id,
    email: email?.text ?? user.email,
    username: username === undefined ? user.username : (username?.text ?? null),
    emailVerifiedAt: named(changes.emailVerifiedAt, user.emailVerifiedAt),
    passwordHash: named(changes.passwordHash, user.passwordHash),
    credentialVersion: named(changes.credentialVersion, user.credentialVersion),
    disabledAt: named(changes.disabledAt, user.disabledAt),
    createdAt: user.createdAt,
  }
}

function named<T>(changed: T | undefined, before: T): T {
  return changed === undefined ? before : changed
}

/** Our ids are whole numbers from 1 up. Another spelling of one, as in a text that was stored, means the same. */
export function ownIdOf(id: UserId): number | null {
  const number = Number(id)
  return Number.isSafeInteger(number) && number > 0 && String(number) === String(id) ? number : null
}
