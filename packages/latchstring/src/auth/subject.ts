import { parseEmail } from './identifiers.ts'
import { keyOf } from './keyOf.ts'
import type { User } from './types.ts'

/**
 * What the tries at an account are counted under, by whatever identifier it was asked for: its address, so that it is
 * known before the account is found, and the same whether there is such an account or not.
 */
export function subjectOf(user: User | null, identifier: string): string {
  return user === null ? named(identifier) : userSubject(user)
}

export function userSubject(user: Pick<User, 'id' | 'email'>): string {
  const key = keyOf(user)
  return key === null ? `user ${user.id}` : named(key)
}

/** The subject of what is asked for by an address; `null` for a username, whose account has to be found first. */
export function expectedSubject(identifier: string): string | null {
  return parseEmail(identifier) === null ? null : named(identifier)
}

function named(identifier: string): string {
  return `named ${parseEmail(identifier)?.key ?? identifier}`
}
