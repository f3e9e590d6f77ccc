import { LatchstringError } from '../core/errors.ts'
import type { UserId } from '../core/types.ts'
import type { Accounts, Visitor } from './accounts.ts'
import type { TokenPurpose } from './oneTimeTokens.ts'
import { signInUser } from './signIn.ts'
import { userSubject } from './subject.ts'
import type { UpdateOutcome, User, UserChanges } from './types.ts'

export interface CredentialChange {
  readonly changes: UserChanges
  /** The method by which the user has just proved who they are, if they have. */
  readonly method: string | null
}

/**
 * Changes what logins rest on, and ends every session of the user but the visitor's own, if it is theirs, which
 * goes on under a new token.
 *
 * The others are ended before the change too: if that fails nothing has happened, and once the change is stored
 * only a login that was on its way at that moment is left to end.
 * @throws LatchstringError `not_completed` when the change is stored and the rest is not.
 */
export async function changeCredentials(
  accounts: Accounts,
  visitor: Visitor,
  user: User,
  { changes, method }: CredentialChange,
): Promise<UpdateOutcome> {
  const { users } = accounts
  await endSessions(accounts, user.id, ownSessionId(visitor, user.id))
  const credentialVersion = user.credentialVersion + 1
  const outcome = await users.update(user.id, user.credentialVersion, { ...changes, credentialVersion })
  if (outcome.kind === 'updated') await orNotCompleted(() => follow(accounts, visitor, outcome.user, method))
  return outcome
}

/**
 * Tokens that a change of the credentials makes worthless. What undoes a change that somebody else made stays good
 * whatever else they change.
 */
export const FORFEITED: readonly TokenPurpose[] = ['email_verification', 'password_reset', 'email_change']

/** How often a change is tried again that others overtook. */
const MOST_TRIES = 10

/** What whoever has proved to be the owner insists on, whatever others change at the same time. */
export interface OwnersChange {
  readonly userId: UserId
  readonly changes: UserChanges
  /** Whether the proof still holds. Asked after each look at the user, so that the swap rests on both. */
  readonly isProved: () => Promise<boolean>
}

/** Like {@link changeCredentials}, again and again. `null` if the user is gone, or the proof does not hold any more. */
export async function insistOnChange(
  accounts: Accounts,
  visitor: Visitor,
  { userId, changes, isProved }: OwnersChange,
): Promise<User | null> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const user = await accounts.users.find(userId)
    if (user === null || !(await isProved())) return null
    const outcome = await changeCredentials(accounts, visitor, user, { changes, method: null })
    if (outcome.kind === 'updated') return outcome.user
    if (outcome.kind === 'taken') return null
  }
  throw new LatchstringError('conflict', 'the user was changed by others too often: try again')
}

/** Ends all sessions of a user but one, and tells how many. */
export function endSessions(
  { sessions }: Pick<Accounts, 'sessions'>,
  userId: UserId,
  keptId: string | null,
): Promise<number> {
  return keptId === null ? sessions.revokeAll(userId) : sessions.revokeOthers(userId, keptId)
}

async function follow(
  accounts: Accounts,
  visitor: Visitor,
  user: User,
  method: string | null,
): Promise<void> {
  const { tokens, backoff } = accounts
  if (ownSessionId(visitor, user.id) !== null) await renewOwn(visitor, user, method)
  await endSessions(accounts, user.id, ownSessionId(visitor, user.id))
  await tokens.revokeAll(user.id, FORFEITED)
  await backoff.reset(userSubject(user))
}

/** A new token for the session that asked for the change. */
async function renewOwn({ exchange, device }: Visitor, user: User, method: string | null): Promise<void> {
  signInUser(exchange, user, { method, remember: exchange.session.state?.remember ?? false, device })
  await exchange.saveSoon()
}

/** The visitor's session, if it is this user's. */
export function ownSessionId({ exchange }: Visitor, userId: UserId): string | null {
  const { session } = exchange
  return session.userIdText === String(userId) ? session.id : null
}

async function orNotCompleted(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new LatchstringError(
      'not_completed',
      `the change is stored, the end of sessions is not: ${reason}`,
      {
        cause,
      },
    )
  }
}
