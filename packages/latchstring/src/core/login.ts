import { withDeadline } from './deadline.ts'
import type { Engine } from './engine.ts'
import { LatchstringError } from './errors.ts'
import { activate, admit } from './limit.ts'
import type { Authentication, Device, SessionState } from './payload.ts'
import { retirePrevious } from './retire.ts'
import { createStored } from './rows.ts'
import type { Located, PendingLogin, Session } from './session.ts'
import { createSessionId } from './token.ts'
import type { UserId } from './types.ts'
import { isUserIdType, restoreUserId, userIdText } from './user.ts'

/** A user whose credentials have been verified. */
export interface LoginUser {
  readonly id: UserId
  /** The credential version read together with the credentials that were verified. */
  readonly credentialVersion?: string | number | null
}

export interface LoginOptions {
  /**
   * The login method, recorded with the time of the login. With `null` the user's session goes on under a new
   * token, no younger than it was: nobody has proved anything.
   */
  readonly method: string | null
  /** The method that was verified before in the same login, if it had two factors. */
  readonly firstFactor?: string
  /** Whether the session outlives the browser: an absolute timeout of its own, and no idle timeout. */
  readonly remember: boolean
  readonly device: Device
}

/**
 * Logs a user in from the next commit on: a new session under a new token, whatever was presented before.
 * @throws LatchstringError `invalid_argument` when the user cannot be told apart from others.
 */
export function logIn(engine: Engine, session: Session, user: LoginUser, options: LoginOptions): void {
  const userId = userIdText(user.id)
  const isOtherUser = session.userIdText !== null && session.userIdText !== userId
  session.logIn({
    state: loginState(engine, session, user, options),
    userId,
    credentialVersion: versionGiven(engine, user),
    keepsData: !isOtherUser && (session.pendingLogin?.keepsData ?? true),
    goesOn: options.method === null && (session.pendingLogin?.goesOn ?? true),
  })
}

function loginState(engine: Engine, session: Session, user: LoginUser, options: LoginOptions): SessionState {
  const now = engine.clock()
  const previous = session.userIdText === String(user.id) ? session.state : null
  const earlier = previous === null ? [] : session.authentications
  const type = typeof user.id
  return {
    format: 1,
    ...(options.method === null
      ? originOf(previous)
      : { id: createSessionId(engine.random), createdAt: now }),
    userIdType: isUserIdType(type) ? type : null,
    renewedAt: now,
    lastSeenAt: now,
    remember: options.remember,
    authentications: authenticationsOf(earlier, options, now),
    device: deviceOf(options.device, previous),
  }
}

function originOf(previous: SessionState | null): Pick<SessionState, 'id' | 'createdAt' | 'endsAt'> {
  if (previous !== null) {
    const { id, createdAt, endsAt } = previous
    return { id, createdAt, ...(endsAt !== undefined && { endsAt }) }
  }
  throw new LatchstringError(
    'invalid_argument',
    'only the session of the same user goes on without a login method',
  )
}

/** The newest last, and only the newest of each method. */
function authenticationsOf(
  earlier: readonly Authentication[],
  { firstFactor, method }: LoginOptions,
  at: number,
): Authentication[] {
  if (method === null) return [...earlier]
  const methods = firstFactor === undefined ? [method] : [firstFactor, method]
  return [
    ...earlier.filter((authentication) => !methods.includes(authentication.method)),
    ...methods.map((verified) => ({ method: verified, at })),
  ]
}

/** A user who authenticates again keeps the name that they gave the device. */
function deviceOf(device: Device, previous: SessionState | null): Device {
  const name = previous?.device.name ?? null
  return name === null ? device : { ...device, name }
}

function versionGiven(engine: Engine, user: LoginUser): string | null {
  if (engine.credentialVersion === null) return null
  if (user.credentialVersion !== undefined) return String(user.credentialVersion)
  throw new LatchstringError(
    'invalid_argument',
    'the option credentialVersion is set, so the user given at login needs the credentialVersion that was read with the verified credentials',
  )
}

/**
 * Stores the new session first and ends the one before last, so that a failure in between leaves the
 * visitor with what they had.
 */
export async function commitLogin(engine: Engine, session: Session, login: PendingLogin): Promise<void> {
  const { data } = session
  const changes = data.changes()
  const isRenewal = session.stored?.state.id === login.state.id
  const state: SessionState = engine.limit === null ? login.state : { ...login.state, isPending: true }
  const created = await createStored(engine, login.userId, state, data.toText())
  const located = await orRemove(engine, created, async () => {
    await refuseMovedCredentials(engine, login)
    if (engine.limit !== null) await admit(engine, engine.limit, created, session.located)
    const next = await retirePrevious(engine, session, created, login, changes)
    if (next !== null) return engine.limit === null ? next : activate(engine, next)
    await engine.store.remove([created.stored.row.key])
    return null
  })
  if (located === null) return dropLogin(engine, session, login)
  data.rebase(located.stored.data, changes)
  session.adopt(located, login)
  report(engine, login, isRenewal)
}

/** The session ended elsewhere, and a new token must not bring it back. */
function dropLogin(engine: Engine, session: Session, login: PendingLogin): void {
  const { state, userId } = login
  const keys = [...session.data.changes().keys()]
  if (session.pendingLogin === login) session.cancelLogin()
  session.markEnded()
  engine.emit({ type: 'session.lost_update', sessionId: state.id, userId, keys })
}

function report(engine: Engine, { state, userId }: PendingLogin, isRenewal: boolean): void {
  const { id: sessionId, authentications } = state
  const method = authentications.at(-1)?.method ?? null
  engine.emit(
    isRenewal
      ? { type: 'session.renewed', sessionId, userId }
      : { type: 'session.created', sessionId, userId, method },
  )
}

/** A login that fails half-way leaves nothing behind that could still be used. */
async function orRemove<T>(engine: Engine, created: Located, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    await engine.store.remove([created.stored.row.key]).catch(() => 0)
    throw error
  }
}

/** A password that was changed since it was verified must not log anybody in. */
async function refuseMovedCredentials(engine: Engine, login: PendingLogin): Promise<void> {
  if (login.credentialVersion === null) return
  if ((await currentVersion(engine, login)) === login.credentialVersion) return
  engine.emit({ type: 'login.refused', userId: login.userId, reason: 'credential_changed' })
  throw new LatchstringError('credential_changed', 'the credentials changed while they were used to log in')
}

async function currentVersion(engine: Engine, { userId, state }: PendingLogin): Promise<string | null> {
  const { credentialVersion, timeout, timers } = engine
  if (credentialVersion === null || state.userIdType === null) return null
  const id = restoreUserId(userId, state.userIdType)
  try {
    return String(await withDeadline(() => credentialVersion(id), timeout, timers))
  } catch (cause) {
    throw new LatchstringError('store_unavailable', 'credentialVersion did not answer', { cause })
  }
}
