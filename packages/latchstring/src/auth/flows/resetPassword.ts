import type { Accounts, Visitor } from '../accounts.ts'
import { changeCredentials } from '../credentials.ts'
import { parseEmail } from '../identifiers.ts'
import { note } from '../note.ts'
import type { Weakness } from '../passwords/policy.ts'
import type { User } from '../types.ts'

export type ResetOutcome =
  | { readonly kind: 'reset' }
  | { readonly kind: 'invalid_token' }
  | { readonly kind: 'weak_password'; readonly weakness: Weakness }

/** Mails a link to whoever has an account with this address. The caller learns nothing, nor from the time it takes. */
export function requestReset(accounts: Accounts, visitor: Visitor, email: string): void {
  accounts.background.run(async () => {
    const key = parseEmail(email)?.key
    const user = key === undefined ? null : await accounts.users.findByEmail(key)
    if (user === null || user.disabledAt !== null) return
    accounts.notices.resetPassword(user, visitor)
    note(accounts, visitor, user.id, 'password_reset_requested')
  })
}

/**
 * Sets a new password by the token of a mail. Whoever can read the owner's mail is the owner: every session and
 * everything that waited for an unproved address ends, and nobody is logged in by it.
 */
export async function resetPassword(
  accounts: Accounts,
  visitor: Visitor,
  { token, newPassword }: { token: string; newPassword: string },
): Promise<ResetOutcome> {
  const user = await ownerOf(accounts, await accounts.tokens.peek('password_reset', token))
  if (user === null) return { kind: 'invalid_token' }
  const weakness = await accounts.passwords.weakness(newPassword, [user.email, user.username ?? ''])
  if (weakness !== null) return { kind: 'weak_password', weakness }
  const passwordHash = await accounts.passwords.hash(newPassword)
  const redeemed = await ownerOf(accounts, await accounts.tokens.redeem('password_reset', token))
  if (redeemed === null) return { kind: 'invalid_token' }
  const isDone = await store(accounts, visitor, redeemed, passwordHash)
  return isDone ? { kind: 'reset' } : { kind: 'invalid_token' }
}

/** The token dies with any change of the credentials since it was made. */
async function ownerOf(
  { users }: Accounts,
  issued: { userId: User['id']; credentialVersion: number | null } | null,
): Promise<User | null> {
  const user = issued === null ? null : await users.find(issued.userId)
  const isCurrent = user !== null && user.credentialVersion === issued?.credentialVersion
  return isCurrent && user.disabledAt === null ? user : null
}

async function store(
  accounts: Accounts,
  visitor: Visitor,
  user: User,
  passwordHash: string,
): Promise<boolean> {
  const { id } = user
  const changes = { passwordHash, emailVerifiedAt: user.emailVerifiedAt ?? accounts.clock() }
  visitor.exchange.endIfOf(id)
  const outcome = await changeCredentials(accounts, visitor, user, { changes, method: null })
  if (outcome.kind !== 'updated') return false
  await accounts.knownDevices.forgetAll(id)
  note(accounts, visitor, id, 'password_reset')
  accounts.notices.passwordChanged(outcome.user, visitor)
  return true
}
