import { LatchstringError } from '../../core/errors.ts'
import type { UserId } from '../../core/types.ts'
import type { Accounts } from '../accounts.ts'
import { endSessions, FORFEITED } from '../credentials.ts'
import type { User } from '../types.ts'

/** How often a change is tried again that others overtook. */
const MOST_TRIES = 10

/** Ends all sessions of a user and refuses every login from now on. Tells whether the user is there. */
export async function disableUser(accounts: Accounts, id: UserId): Promise<boolean> {
  // Before too, so that a store that does not answer leaves nobody disabled with sessions that are alive.
  await endSessions(accounts, id, null)
  const isThere = await setDisabledAt(accounts, id, accounts.clock())
  await endSessions(accounts, id, null)
  await accounts.tokens.revokeAll(id, FORFEITED)
  return isThere
}

/** Lets a user log in again. It brings no session back. Tells whether the user is there. */
export function enableUser(accounts: Accounts, id: UserId): Promise<boolean> {
  return setDisabledAt(accounts, id, null)
}

async function setDisabledAt(accounts: Accounts, id: UserId, disabledAt: number | null): Promise<boolean> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const user = await accounts.users.find(id)
    if (user === null) return false
    if ((user.disabledAt === null) === (disabledAt === null)) return true
    if (await store(accounts, user, disabledAt)) return true
  }
  throw new LatchstringError('conflict', 'the user was changed by others too often: try again')
}

async function store({ users, emit }: Accounts, user: User, disabledAt: number | null): Promise<boolean> {
  const credentialVersion = user.credentialVersion + 1
  const outcome = await users.update(user.id, user.credentialVersion, { disabledAt, credentialVersion })
  if (outcome.kind !== 'updated') return false
  const activity = disabledAt === null ? 'account_enabled' : 'account_disabled'
  emit({ type: 'account.activity', activity, userId: user.id, sessionId: null })
  return true
}
