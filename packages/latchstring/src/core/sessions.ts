import { systemClock } from './clock.ts'
import { closeArrivals } from './closure.ts'
import { commitSession, isSettled } from './commit.ts'
import type { Duration } from './duration.ts'
import { endSession } from './end.ts'
import type { Engine } from './engine.ts'
import { createEmit, type EndReason, type SessionEvent } from './events.ts'
import { listSessions, type SessionInfo } from './list.ts'
import { type LoginOptions, type LoginUser, logIn } from './login.ts'
import { confirmSession, mayBeStale, openSession } from './open.ts'
import {
  checkFunction,
  checkStore,
  checkTimers,
  lifetimesOf,
  limitOf,
  type SessionsOptions,
  timerOption,
} from './options.ts'
import { systemRandom } from './random.ts'
import { RecentPayloads } from './recentPayloads.ts'
import { ReliableStore } from './reliableStore.ts'
import { renameDevice } from './rename.ts'
import { removeAll, removeFamily, removeOthers } from './revoke.ts'
import { remainingLifetime } from './rows.ts'
import { Session } from './session.ts'
import { systemTimers } from './timers.ts'
import type { Clock, UserId } from './types.ts'
import { userIdText } from './user.ts'

/** The sessions of one store: opened, committed and ended. Everything above this knows no rows. */
export class Sessions {
  readonly #engine: Engine
  readonly #stopPurging: () => void

  /** @throws LatchstringError `invalid_option`, naming the option and what it takes. */
  constructor(options: SessionsOptions) {
    this.#engine = createEngine(options)
    this.#stopPurging = this.#purgeRegularly(options.purgeEvery)
  }

  #purgeRegularly(purgeEvery: Duration | undefined): () => void {
    const { store, timers } = this.#engine
    const interval = timerOption('purgeEvery', purgeEvery ?? '10m')
    if (purgeEvery === undefined && store.dropsExpired) return () => {}
    return timers.repeat(() => void this.purge().catch(() => 0), interval)
  }

  get clock(): Clock {
    return this.#engine.clock
  }

  /** A session without a row: it gets one when something is stored in it. */
  anonymous(): Session {
    return new Session(this.#engine.clock())
  }

  /** The session of a token that `isToken` accepts, or an anonymous one; at once where the store answers at once. */
  open(token: string): Session | Promise<Session> {
    return openSession(this.#engine, token)
  }

  /** Whether only `confirm` can tell if the session is alive at this moment: its store has a cache. */
  mayBeStale(session: Session): boolean {
    return mayBeStale(this.#engine, session)
  }

  /** Asks the store past its cache, and marks a session that has ended. */
  confirm(session: Session): Promise<void> {
    return confirmSession(this.#engine, session)
  }

  logIn(session: Session, user: LoginUser, options: LoginOptions): void {
    logIn(this.#engine, session, user, options)
  }

  /** Whether a commit would write nothing. */
  isSettled(session: Session): boolean {
    return isSettled(this.#engine, session)
  }

  /** Stores what a request changed. Changes to a session that ended elsewhere are dropped and reported. */
  commit(session: Session): Promise<void> {
    return commitSession(this.#engine, session)
  }

  end(session: Session, reason: EndReason): Promise<void> {
    return endSession(this.#engine, session, reason)
  }

  /** Does what is handed in, such as `takeOver`, and is no method here as most applications do not load it. */
  perform<T>(task: (engine: Engine) => T): T {
    return task(this.#engine)
  }

  /** Milliseconds until the absolute timeout. */
  remainingLifetime(session: Session): number {
    return remainingLifetime(this.#engine, session)
  }

  /** The live sessions of a user, the one seen last first. */
  async list(userId: UserId): Promise<SessionInfo[]> {
    return listSessions(this.#engine, userIdText(userId))
  }

  /** Ends one session of a user, and tells whether it was there. Another user's id is never found. */
  async revoke(userId: UserId, sessionId: string): Promise<boolean> {
    return removeFamily(this.#engine, userIdText(userId), sessionId, 'revoked')
  }

  /** Ends all sessions of a user but the one with this id, and tells how many. */
  async revokeOthers(userId: UserId, sessionId: string): Promise<number> {
    const text = userIdText(userId)
    await closeArrivals(this.#engine, text)
    return removeOthers(this.#engine, text, sessionId)
  }

  /** Ends all sessions of a user, and tells how many. */
  async revokeAll(userId: UserId): Promise<number> {
    const text = userIdText(userId)
    await closeArrivals(this.#engine, text)
    return removeAll(this.#engine, text)
  }

  /** Names the device of one of a user's sessions (`null`: no name), and tells whether the session was there. */
  async renameDevice(userId: UserId, sessionId: string, name: string | null): Promise<boolean> {
    return renameDevice(this.#engine, userIdText(userId), sessionId, name)
  }

  /** Removes expired sessions from the store, and tells how many rows. */
  async purge(): Promise<number> {
    return this.#engine.store.purge(this.#engine.clock())
  }

  /** Stops the regular purge. The store stays open: whoever made it closes it. */
  close(): void {
    this.#stopPurging()
  }
}

function createEngine(options: SessionsOptions): Engine {
  checkOptions(options)
  const clock = options.clock ?? systemClock
  const timers = options.timers ?? systemTimers
  const timeout = timerOption('storeTimeout', options.storeTimeout ?? '1s')
  const emit = createEmit<SessionEvent>(clock, options.onEvent)
  return {
    store: new ReliableStore(options.store, { timeout, timers, emit }),
    clock,
    random: options.random ?? systemRandom,
    timers,
    lifetimes: lifetimesOf(options),
    timeout,
    limit: limitOf(options.maxSessionsPerUser),
    credentialVersion: options.credentialVersion ?? null,
    revokedBefore: options.revokedBefore ?? null,
    takeOverUntil: options.takeOverUntil ?? null,
    emit,
    recentPayloads: new RecentPayloads(),
  }
}

function checkOptions(options: SessionsOptions): void {
  checkStore(options.store)
  checkFunction('credentialVersion', options.credentialVersion)
  checkFunction('revokedBefore', options.revokedBefore)
  checkFunction('onEvent', options.onEvent)
  checkFunction('clock', options.clock)
  checkFunction('random', options.random)
  checkTimers(options.timers)
}
