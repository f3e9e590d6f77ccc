import type { Accounts, Visitor } from '../accounts.ts'
import { note } from '../note.ts'
import { takeBack } from './takeBack.ts'

/** "This was not me": every session ends, the password is worth nothing, and a mail leads to a new one. */
export async function secureAccount(accounts: Accounts, visitor: Visitor, token: string): Promise<boolean> {
  const changesOf = () => ({ passwordHash: null })
  const user = await takeBack(accounts, visitor, { purpose: 'not_me', token, changesOf })
  if (user === null) return false
  note(accounts, visitor, user.id, 'account_secured')
  accounts.notices.resetPassword(user, visitor)
  return true
}
