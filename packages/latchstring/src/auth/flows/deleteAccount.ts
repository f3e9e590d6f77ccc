import type { Accounts, Visitor } from '../accounts.ts'
import { endSessions } from '../credentials.ts'

/** Deletes the visitor's account: their sessions first, so that none is left without a user. */
export async function deleteAccount(accounts: Accounts, visitor: Visitor): Promise<void> {
  const { users, tokens, knownDevices, activity, notices, emit } = accounts
  const { userId } = visitor.exchange.session
  const user = userId === null ? null : await users.find(userId)
  if (userId === null) return
  visitor.exchange.end('logged_out')
  await visitor.exchange.saveSoon()
  await endSessions(accounts, userId, null)
  await users.remove(userId)
  // A login that was verified before may have stored its session meanwhile.
  await endSessions(accounts, userId, null)
  await Promise.all([tokens.revokeAll(userId), knownDevices.forgetAll(userId), activity.forget(userId)])
  emit({ type: 'account.deleted', userId })
  if (user !== null) notices.accountDeleted(user, visitor)
}
