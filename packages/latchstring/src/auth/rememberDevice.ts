import type { Accounts, Visitor } from './accounts.ts'
import { note } from './note.ts'
import type { User } from './types.ts'

/**
 * Remembers the browser of a login, and tells its user by mail if it is a new one. Returns the token for the
 * browser; a login that is stored does not fail because there is none.
 */
export async function rememberDevice(
  accounts: Accounts,
  visitor: Visitor,
  user: User,
): Promise<string | null> {
  const { knownDevices, notices, emit } = accounts
  try {
    const { token, isNew, isFirst } = await knownDevices.remember(user.id, visitor.deviceToken)
    if (isNew && !isFirst) {
      note(accounts, visitor, user.id, 'new_device')
      notices.newDevice(user, visitor)
    }
    return token
  } catch (error) {
    emit({ type: 'account.record_failed', error })
    return null
  }
}
