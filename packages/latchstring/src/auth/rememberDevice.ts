import type { Accounts, Visitor } from './accounts.ts'
import type { Remembered } from './knownDevices.ts'
import { note } from './note.ts'
import type { User } from './types.ts'

/**
 * Remembers the browser of a login while the login is stored, and tells its user by mail if it is a new one. Returns the
 * token for the browser; a login that is stored does not fail because there is none. A browser is not made known by a
 * login that failed.
 */
export async function rememberDevice(
  accounts: Accounts,
  visitor: Visitor,
  user: User,
  login: Promise<void>,
): Promise<string | null> {
  const remembering = remember(accounts, visitor, user)
  try {
    await login
  } catch (error) {
    const device = await remembering
    if (device?.isNew) await forget(accounts, user, device.token)
    throw error
  }
  const device = await remembering
  if (device?.isNew) tellSoon(accounts, visitor, user)
  return device?.token ?? null
}

function remember(
  { knownDevices, emit }: Accounts,
  { deviceToken }: Visitor,
  { id }: User,
): Promise<Remembered | null> {
  return knownDevices.remember(id, deviceToken).catch((error: unknown) => {
    emit({ type: 'account.record_failed', error })
    return null
  })
}

/** The credentials may have changed since they were verified: a reset has forgotten all browsers, and so must this. */
async function forget({ knownDevices, emit }: Accounts, { id }: User, token: string): Promise<void> {
  await knownDevices.forget(id, token).catch((error: unknown) => {
    emit({ type: 'account.record_failed', error })
  })
}

function tellSoon(accounts: Accounts, visitor: Visitor, user: User): void {
  const { background, knownDevices, notices } = accounts
  background.run(async () => {
    const isFirst = await knownDevices.trim(user.id)
    if (isFirst) return
    note(accounts, visitor, user.id, 'new_device')
    notices.newDevice(user, visitor)
  })
}
