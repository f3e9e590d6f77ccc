import { type LoginIdentifier, parseLoginIdentifier } from '../identifiers.ts'
import type { Passwords } from '../passwords/passwords.ts'
import type { Attempt, Input, LoginMethod, Outcome, User, Users } from '../types.ts'

/** What the password method verifies against. */
export interface PasswordContext {
  readonly users: Users
  readonly passwords: Passwords
}

const REFUSED: Outcome = { kind: 'refused', code: 'invalid_credentials' }

/**
 * The password as a login method: `login` takes email or username and a password, `confirm` the password of the
 * user who is known already.
 */
export function password(context: PasswordContext): LoginMethod {
  return {
    id: 'password',
    factor: 'first',
    actions: {
      // A flood of logins is turned away before it asks the store for anything.
      login: (input, attempt) => context.passwords.admit(() => logIn(context, input, attempt)),
      confirm: (input, attempt) => confirm(context, input, attempt),
    },
    enrolled: async (userId) => (await context.users.find(userId))?.passwordHash != null,
  }
}

async function logIn(context: PasswordContext, input: Input, attempt: Attempt): Promise<Outcome> {
  const { identifier } = input
  const text = typeof identifier === 'string' ? identifier : ''
  const named = parseLoginIdentifier(text)
  const user = named === null ? Promise.resolve(null) : findUser(context.users, named)
  // All spellings are counted together for a user who does not exist, too.
  if (!(await attempt.begin({ user, identifier: named?.key ?? text }))) return REFUSED
  return verify(context, await user, input)
}

async function confirm(context: PasswordContext, input: Input, attempt: Attempt): Promise<Outcome> {
  const user = attempt.userId === null ? null : await context.users.find(attempt.userId)
  if (!(await attempt.begin({ user, identifier: String(attempt.userId) }))) return REFUSED
  return verify(context, user, input)
}

async function findUser(users: Users, { kind, key }: LoginIdentifier): Promise<User | null> {
  return kind === 'email' ? users.findByEmail(key) : users.findByUsername(key)
}

/** An unknown user costs the same work as a wrong password, and gets the same answer. */
async function verify(context: PasswordContext, user: User | null, input: Input): Promise<Outcome> {
  const { password: given } = input
  const text = typeof given === 'string' ? given : ''
  const { matches, needsRehash } = await context.passwords.verify(text, user?.passwordHash ?? null)
  if (user === null || !matches) return REFUSED
  if (needsRehash) await rehash(context, user, text)
  return { kind: 'verified', userId: user.id, credentialVersion: user.credentialVersion }
}

/**
 * Compared and swapped by the credential version, so that a password changed meanwhile stays changed. The login
 * does not depend on it: the next one tries again.
 */
async function rehash({ users, passwords }: PasswordContext, user: User, text: string): Promise<void> {
  try {
    const passwordHash = await passwords.hash(text)
    await users.update(user.id, user.credentialVersion, { passwordHash })
  } catch {
    return
  }
}
