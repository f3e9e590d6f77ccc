import type { Accounts, Visitor } from '../accounts.ts'
import { changeCredentials } from '../credentials.ts'
import { verifyAgain } from '../gate.ts'
import { note } from '../note.ts'
import type { Weakness } from '../passwords/policy.ts'

export interface PasswordChange {
  readonly currentPassword: string
  readonly newPassword: string
}

export type PasswordChangeOutcome =
  | { readonly kind: 'changed' }
  | { readonly kind: 'wrong_password' }
  | { readonly kind: 'weak_password'; readonly weakness: Weakness }
  | { readonly kind: 'throttled'; readonly retryAfter: number }

/** Every other session ends, and the visitor's own goes on under a new token. */
export async function changePassword(
  accounts: Accounts,
  visitor: Visitor,
  { currentPassword, newPassword }: PasswordChange,
): Promise<PasswordChangeOutcome> {
  const proof = { method: 'password', action: 'confirm', input: { password: currentPassword } }
  const result = await verifyAgain(accounts, visitor, proof)
  if (result.kind === 'throttled') return result
  if (result.kind !== 'verified') return { kind: 'wrong_password' }
  const { user } = result
  const weakness = await accounts.passwords.weakness(newPassword, [user.email, user.username ?? ''])
  if (weakness !== null) return { kind: 'weak_password', weakness }
  if (newPassword.normalize() === currentPassword.normalize())
    return { kind: 'weak_password', weakness: 'unchanged' }
  const passwordHash = await accounts.passwords.hash(newPassword)
  const change = { changes: { passwordHash }, method: 'password' }
  const outcome = await changeCredentials(accounts, visitor, user, change)
  // Somebody else changed the password since this one was verified, so it is not the current one any more.
  if (outcome.kind !== 'updated') return { kind: 'wrong_password' }
  note(accounts, visitor, user.id, 'password_changed')
  accounts.notices.passwordChanged(outcome.user, visitor)
  return { kind: 'changed' }
}
