import { LatchstringError } from '../../core/errors.ts'
import type { GateKeeper } from '../../http/responseGate.ts'
import { addSessionHeaders } from '../../http/sessionHeaders.ts'
import { isTouchDue, lengthOf } from './lifetime.ts'
import { appearedKey } from './loginKeys.ts'
import type { Policy } from './options.ts'
import type { Keeping } from './persist.ts'
import type { Session } from './session.ts'
import { type CookieParts, setCookieFor } from './setCookie.ts'
import { isUnchanged } from './texts.ts'
import { trackedOf } from './tracked.ts'
import type { Next, SessionResponse } from './types.ts'
import type { Visit } from './visit.ts'

/** What all responses of one middleware share. */
export interface DepartureParts extends CookieParts {
  readonly keeping: Keeping
}

/** A value that never reads the same twice must not keep a response waiting for ever. */
const MAX_SAVES = 10

type Work = () => Promise<void>

/** What is stored and set before a response may leave: express-session's rules, at the moment when they still count. */
export class Departure implements GateKeeper {
  readonly #visit: Visit
  readonly #parts: DepartureParts
  readonly #response: SessionResponse
  readonly #next: Next
  #isCookieTouched = false
  #isKeptAlive = false
  /** The store's own error behind one that the client is answered with. */
  #cause: unknown

  constructor(visit: Visit, parts: DepartureParts, response: SessionResponse, next: Next) {
    this.#visit = visit
    this.#parts = parts
    this.#response = response
    this.#next = next
  }

  settle(): Promise<void> | undefined {
    const { queue } = this.#visit
    if (queue.isBusy) return queue.idle().then(() => this.settle())
    try {
      const work = this.#plan()
      return work === null ? undefined : this.#run(work)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  beforeHeaders(): void {
    this.#visit.isIdFixed = true
    try {
      const cookie = setCookieFor(this.#visit, this.#parts)
      addSessionHeaders(this.#response, cookie === null ? [] : [cookie], false)
    } catch (error) {
      this.failed(error)
    }
  }

  /**
   * The client has been answered or has gone by then: the application's error handler is left to log it. Express closes the
   * connection after that, which must not hit the next request on it.
   */
  failed(error: unknown): void {
    const response = this.#response
    response.shouldKeepAlive = false
    const report = () => void setImmediate(this.#next, this.#cause ?? error)
    if (response.closed) report()
    else response.once('close', report)
  }

  /** What the application changes while a save is on its way belongs to the response that waits for it. */
  async #run(first: Work): Promise<void> {
    let work: Work | null = first
    for (let saves = 0; work !== null && saves < MAX_SAVES; saves++) {
      await this.#orUnavailable(work)
      work = this.#plan()
    }
  }

  async #orUnavailable(work: Work): Promise<void> {
    try {
      if (this.#visit.queue.silence !== null) throw this.#visit.queue.silence
      await work()
    } catch (cause) {
      this.#cause = cause
      const code = this.#visit.hasUnfinished ? 'not_completed' : 'store_unavailable'
      if (cause instanceof LatchstringError && code !== 'not_completed') throw cause
      throw new LatchstringError(code, 'the session was not stored as the response says', { cause })
    }
  }

  #plan(): Work | null {
    const visit = this.#visit
    if (visit.hasUnfinished) return () => visit.retryUnfinished()
    const session = visit.current
    if (session === null) return this.#planWithout()
    if (typeof visit.request.sessionID !== 'string' || trackedOf(session).isGone) return null
    if (!this.#isCookieTouched) session.cookie.maxAge = session.cookie.originalMaxAge
    this.#isCookieTouched = true
    if (!this.#shouldSave(session)) return this.#planTouch(session)
    this.#isKeptAlive = true
    return this.#shouldRotate(session) ? () => visit.rotate(session) : () => visit.save(session)
  }

  #planWithout(): Work | null {
    const { unsetDestroys } = this.#policy
    return unsetDestroys && this.#visit.isLatestAlive ? () => this.#visit.endLatest() : null
  }

  /** A session without the moment of its beginning is given one, which only a write can do. */
  #planTouch(session: Session): Work | null {
    const visit = this.#visit
    const { keeping, policy } = this.#parts
    const { stored } = trackedOf(session)
    if (visit.isNew || stored === null || this.#isKeptAlive) return null
    this.#isKeptAlive = true
    if (stored.life === null && policy.lifetimes.absolute !== null) return () => visit.save(session)
    if (!keeping.backend.touches) return null
    const length = lengthOf(session.cookie)
    const touchedAt = keeping.backend.touchedAt(session.id, stored)
    const isDue =
      length !== lengthOf(stored.cookie) || isTouchDue(touchedAt, length, policy.lifetimes, policy.clock())
    return isDue ? () => visit.keepAlive(session).catch((error) => this.failed(error)) : null
  }

  #shouldSave(session: Session): boolean {
    const { saved } = trackedOf(session)
    if (saved === null && this.#visit.isNew && !this.#policy.saveUninitialized)
      return this.#visit.isModified(session)
    return saved === null || !isUnchanged(session, saved)
  }

  /** Whoever gave the visitor this id before the login would be logged in with them. */
  #shouldRotate(session: Session): boolean {
    const { rotateOn, isProduction } = this.#policy
    if (this.#visit.isNew) return false
    const { original } = trackedOf(session)
    if (appearedKey(session, original, rotateOn) !== undefined) return !this.#visit.isIdFixed
    const key = isProduction ? undefined : appearedKey(session, original)
    if (key !== undefined) this.#parts.warnings.say('notRotated', key)
    return false
  }

  get #policy(): Policy {
    return this.#parts.policy
  }
}
