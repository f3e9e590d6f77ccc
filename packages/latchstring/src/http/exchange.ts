import { LatchstringError } from '../core/errors.ts'
import type { EmitOf, EndReason } from '../core/events.ts'
import type { LoginOptions, LoginUser } from '../core/login.ts'
import type { Session } from '../core/session.ts'
import type { Sessions } from '../core/sessions.ts'
import { withStatus } from './answer.ts'
import type { SessionCookies } from './cookies.ts'
import type { HttpEvent } from './events.ts'
import { createRequestSession, type RequestSession } from './requestSession.ts'

/** What the exchanges of one application share. */
export interface ExchangeContext {
  readonly sessions: Sessions
  readonly cookies: SessionCookies
  readonly emit: EmitOf<HttpEvent>
}

/** A value that never reads the same twice must not keep a response waiting for ever. */
const MAX_SAVES = 10

/** Whether a request has a session: a store that does not answer leaves it unknown, which is not "none". */
export type SessionStatus = 'active' | 'none' | 'unknown'

/** One request and its response, seen from the session: what was presented, what is wanted, what to set. */
export class Exchange {
  readonly #context: ExchangeContext
  readonly #isSecure: boolean
  readonly #onRead: () => void
  #session: Session
  #presented: string | null = null
  #failure: LatchstringError | null = null
  #ending: { session: Session; reason: EndReason }[] = []
  #hasEnded = false
  #isRead = false
  #requestSession: RequestSession | null = null
  #unfinishedSaves = 0
  #lastSave: Promise<void> = Promise.resolve()
  #failedSave: { readonly error: unknown } | null = null

  /** `onRead` is called when the handler first looks at the session. */
  constructor(context: ExchangeContext, isSecure: boolean, onRead: () => void) {
    this.#context = context
    this.#isSecure = isSecure
    this.#onRead = onRead
    this.#session = context.sessions.anonymous()
  }

  /** Opens the presented session; `undefined` when the store need not be asked. */
  open(cookieHeader: string | undefined): Promise<void> | undefined {
    const cookie = this.#context.cookies.read(cookieHeader, this.#isSecure)
    if (cookie.kind === 'duplicate') this.#context.emit({ type: 'cookie.duplicate' })
    return cookie.kind === 'token' ? this.#openToken(cookie.token) : undefined
  }

  async #openToken(token: string): Promise<void> {
    this.#presented = token
    await this.#orUnknown(async () => {
      this.#session = await this.#context.sessions.open(token)
    })
  }

  /** A store that does not answer leaves the session unknown. */
  async #orUnknown(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof LatchstringError)) throw error
      this.#failure = error
    }
  }

  /** Makes sure that the session is alive at this moment; `undefined` when no cache has answered for it. */
  confirm(): Promise<void> | undefined {
    const isKnown = this.#failure !== null || !this.#context.sessions.mayBeStale(this.#session)
    return isKnown ? undefined : this.#orUnknown(() => this.#context.sessions.confirm(this.#session))
  }

  /** Whether the handler looked at the session, so that its response is meant for one person. */
  get isRead(): boolean {
    return this.#isRead
  }

  /**
   * The session of this request.
   * @throws LatchstringError `store_unavailable` when it is unknown: unknown is not anonymous.
   */
  get session(): Session {
    if (!this.#isRead) this.#noteRead()
    if (this.#failure !== null) throw withStatus(this.#failure)
    return this.#session
  }

  /** `req.session`: one object for as long as the session is the same. */
  get requestSession(): RequestSession {
    const { session } = this
    this.#requestSession ??= createRequestSession(session, this)
    return this.#requestSession
  }

  get status(): SessionStatus {
    if (!this.#isRead) this.#noteRead()
    if (this.#failure !== null) return 'unknown'
    return this.#session.userIdText === null ? 'none' : 'active'
  }

  get now(): number {
    return this.#context.sessions.clock()
  }

  /** Logs a user in, from the next save or the first byte of the response on. */
  logIn(user: LoginUser, options: LoginOptions): void {
    this.#context.sessions.logIn(this.session, user, options)
    this.#failedSave = null
  }

  /**
   * Ends the session at the next save, and goes on with an empty one.
   * @throws LatchstringError `not_completed` for a log-out while the session is unknown; the response fails too.
   */
  end(reason: EndReason): void {
    if (this.#failure !== null && reason === 'logged_out') this.#failLogOut(this.#failure)
    this.#ending.push({ session: this.session, reason })
    this.#failedSave = null
    this.#replaceSession(this.#context.sessions.anonymous())
  }

  #failLogOut(cause: LatchstringError): never {
    const error = notCompleted(cause)
    this.#failedSave = { error }
    throw withStatus(error)
  }

  /** Reads the stored session again and forgets unsaved changes. */
  async reload(): Promise<void> {
    const { token } = this.session
    const { sessions } = this.#context
    this.#replaceSession(token === null ? sessions.anonymous() : await sessions.open(token))
  }

  /** Stores all changes now; one save at a time, each with what has changed until it begins. */
  save(): Promise<void> {
    const commit = () => this.#commitOnce()
    this.#unfinishedSaves++
    this.#lastSave = this.#lastSave.then(commit, commit)
    // Whoever waits for this save, or for the response, is told of its failure.
    this.#lastSave.catch(() => {})
    return this.#lastSave
  }

  /** Saves once the code that runs now has finished, so that what it still changes goes along. */
  async saveSoon(): Promise<void> {
    await Promise.resolve()
    await this.settle()
  }

  /**
   * Stores what is still unsaved; `undefined` when there is nothing to wait for. A save that failed fails the
   * response too: nobody can know whether the handler waited for it.
   */
  settle(): Promise<void> | undefined {
    if (this.#failedSave !== null) return Promise.reject(this.#failedSave.error)
    if (this.#failure !== null) return undefined
    if (this.#unfinishedSaves > 0) return this.#lastSave.then(() => this.settle())
    try {
      const isSettled = this.#ending.length === 0 && this.#context.sessions.isSettled(this.#session)
      return isSettled ? undefined : this.#saveAll()
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** What the application changes while a save is on its way belongs to the response that waits for it. */
  async #saveAll(): Promise<void> {
    await this.save()
    for (let saves = 1; saves < MAX_SAVES && this.#hasChanged(); saves++) await this.save()
  }

  /** Whether the application wants something stored. Upkeep that failed is not asked for again. */
  #hasChanged(): boolean {
    const { data, pendingLogin, stored } = this.#session
    if (this.#ending.length > 0 || pendingLogin !== null) return true
    return data.changes().size > 0 && (stored !== null || !data.isEmpty)
  }

  /** The Set-Cookie value that the response must carry, if any. From then on the token is fixed. */
  takeCookie(): string | null {
    const { cookies, sessions } = this.#context
    const session = this.#session
    session.isTokenFixed = true
    if (session.token === null) return this.#isTokenLost() ? cookies.expire(this.#isSecure) : null
    if (session.token === this.#presented) return null
    const maxAge = session.state?.remember ? sessions.remainingLifetime(session) / 1000 : null
    return cookies.issue(session.token, maxAge, this.#isSecure)
  }

  #isTokenLost(): boolean {
    return this.#presented !== null && (this.#hasEnded || this.#session.endedElsewhere)
  }

  #replaceSession(session: Session): void {
    session.isTokenFixed = this.#session.isTokenFixed
    this.#session = session
    this.#requestSession = null
  }

  async #commitOnce(): Promise<void> {
    this.#failedSave = null
    try {
      await this.#commit()
    } catch (error) {
      this.#failedSave = { error }
      throw error
    } finally {
      this.#unfinishedSaves--
    }
  }

  async #commit(): Promise<void> {
    for (let [first] = this.#ending; first !== undefined; [first] = this.#ending) {
      await this.#endStored(first.session, first.reason)
      this.#ending.shift()
      this.#hasEnded = true
    }
    await this.#context.sessions.commit(this.#session)
  }

  async #endStored(session: Session, reason: EndReason): Promise<void> {
    try {
      await this.#context.sessions.end(session, reason)
    } catch (cause) {
      if (!(cause instanceof LatchstringError) || reason !== 'logged_out') throw cause
      throw notCompleted(cause)
    }
  }

  #noteRead(): void {
    this.#isRead = true
    this.#onRead()
  }
}

function notCompleted(cause: LatchstringError): LatchstringError {
  return new LatchstringError('not_completed', `the log-out was not stored: ${cause.message}`, { cause })
}
