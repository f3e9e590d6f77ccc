import type { Accounts, Visitor } from '../accounts.ts'
import { endSessions, ownSessionId } from '../credentials.ts'
import { keyOf } from '../keyOf.ts'
import { note } from '../note.ts'
import type { User } from '../types.ts'

/**
 * Redeems the token of a verification mail, and tells whether it was good. A session that somebody else opened
 * before the owner of the address proved it ends here: only the visitor's own goes on.
 */
export async function verifyEmail(accounts: Accounts, visitor: Visitor, token: string): Promise<boolean> {
  const redeemed = await accounts.tokens.redeem('email_verification', token)
  const user = redeemed === null ? null : await accounts.users.find(redeemed.userId)
  const { key } = redeemed?.value ?? {}
  if (user === null || user.disabledAt !== null || key !== keyOf(user)) return false
  if (user.emailVerifiedAt !== null) return true
  await endSessions(accounts, user.id, ownSessionId(visitor, user.id))
  if (!(await markVerified(accounts, user))) return false
  note(accounts, visitor, user.id, 'email_verified')
  return true
}

/** Sends the mail again to the visitor's own address, unless it is proved. */
export async function resendVerification(accounts: Accounts, visitor: Visitor): Promise<void> {
  const { userId } = visitor.exchange.session
  const user = userId === null ? null : await accounts.users.find(userId)
  if (user !== null && user.emailVerifiedAt === null) accounts.notices.verifyEmail(user, visitor)
}

async function markVerified({ users, clock }: Accounts, user: User): Promise<boolean> {
  const { id, credentialVersion } = user
  const outcome = await users.update(id, credentialVersion, { emailVerifiedAt: clock() })
  return outcome.kind === 'updated'
}
