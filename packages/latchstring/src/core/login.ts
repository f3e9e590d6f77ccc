import { withDeadline } from './deadline.ts'
import type { Engine } from './engine.ts'
import { LatchstringError } from './errors.ts'
import { activate, admit } from './limit.ts'
import type { Device, SessionState } from './payload.ts'
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
  /** The login method, recorded with the time of the login. */
  readonly method: string
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
  const previousUserId = session.userIdText
  session.logIn({
    state: loginState(engine, session, user, options),
    userId,
    credentialVersion: versionGiven(engine, user),
    keepsData: previousUserId === null || previousUserId === userId,
  })
}

function loginState(engine: Engine, session: Session, user: LoginUser, options: LoginOptions): SessionState {
  const now = engine.clock()
  const earlier = session.userIdText === String(user.id) ? session.authentications : []
  const type = typeof user.id
  return {
    format: 1,
    id: createSessionId(engine.random),
    userIdType: isUserIdType(type) ? type : null,
    createdAt: now,
    renewedAt: now,
    lastSeenAt: now,
    remember: options.remember,
    authentications: [
      ...earlier.filter(({ method }) => method !== options.method),
      { method: options.method, at: now },
    ],
    device: options.device,
  }
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
  const state: SessionState = engine.limit === null ? login.state : { ...login.state, isPending: true }
  const created = await createStored(engine, login.userId, state, data.toText())
  const located = await orRemove(engine, created, async () => {
    await refuseMovedCredentials(engine, login)
    if (engine.limit !== null) await admit(engine, engine.limit, created, session.located)
    const next = await retirePrevious(engine, session, created, login.keepsData ? changes : null)
    return engine.limit === null ? next : activate(engine, next)
  })
  data.rebase(located.stored.data, changes)
  session.adopt(located, login)
  const method = login.state.authentications.at(-1)?.method ?? null
  engine.emit({ type: 'session.created', sessionId: login.state.id, userId: login.userId, method })
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
