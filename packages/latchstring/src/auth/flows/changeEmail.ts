import type { Accounts, Visitor } from '../accounts.ts'
import { changeCredentials } from '../credentials.ts'
import { parseEmail } from '../identifiers.ts'
import { note } from '../note.ts'
import type { TokenContent } from '../oneTimeTokens.ts'
import type { Identifier, User } from '../types.ts'
import { takeBack } from './takeBack.ts'

/**
 * Mails a confirmation to the new address and a way to stop it to the old one. The account keeps the old address
 * until the new one is proved. Whether the new one belongs to another account is nobody's business.
 */
export async function requestEmailChange(
  accounts: Accounts,
  visitor: Visitor,
  newEmail: string,
): Promise<'requested' | 'invalid_email'> {
  const email = parseEmail(newEmail)
  if (email === null) return 'invalid_email'
  const { userId } = visitor.exchange.session
  const user = userId === null ? null : await accounts.users.find(userId)
  if (user !== null) {
    note(accounts, visitor, user.id, 'email_change_requested')
    accounts.background.run(() => mailBoth(accounts, visitor, user, email))
  }
  return 'requested'
}

async function mailBoth(accounts: Accounts, visitor: Visitor, user: User, email: Identifier): Promise<void> {
  if ((await accounts.users.findByEmail(email.key)) !== null) return
  accounts.notices.emailChange(user, email, visitor)
}

/** The pending address lives in the token alone, so that no other request can put another one under it. */
export async function confirmEmail(accounts: Accounts, visitor: Visitor, token: string): Promise<boolean> {
  const redeemed = await accounts.tokens.redeem('email_change', token)
  const email = addressIn(redeemed)
  const user = redeemed === null ? null : await accounts.users.find(redeemed.userId)
  if (user === null || email === null || user.disabledAt !== null) return false
  if (user.credentialVersion !== redeemed?.credentialVersion) return false
  const changes = { email, emailVerifiedAt: accounts.clock() }
  const outcome = await changeCredentials(accounts, visitor, user, { changes, method: null })
  if (outcome.kind !== 'updated') return false
  note(accounts, visitor, user.id, 'email_changed')
  accounts.notices.emailChanged(user, visitor)
  return true
}

/**
 * The owner of the old address takes the account back: whoever asked for the change is logged out and has no
 * password any more.
 */
export async function undoEmailChange(accounts: Accounts, visitor: Visitor, token: string): Promise<boolean> {
  const changesOf = (content: TokenContent) => {
    const email = addressIn(content)
    return email && { email, emailVerifiedAt: accounts.clock(), passwordHash: null }
  }
  const user = await takeBack(accounts, visitor, { purpose: 'email_undo', token, changesOf })
  if (user === null) return false
  note(accounts, visitor, user.id, 'email_change_undone')
  accounts.notices.resetPassword(user, visitor)
  return true
}

function addressIn(token: TokenContent | null): Identifier | null {
  const { email } = token?.value ?? {}
  return parseEmail(email)
}
