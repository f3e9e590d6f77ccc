import { LatchstringError } from '../core/errors.ts'
import type { EmitOf, EndReason } from '../core/events.ts'
import type { LoginOptions, LoginUser } from '../core/login.ts'
import type { Session } from '../core/session.ts'
import type { Sessions } from '../core/sessions.ts'
import type { UserId } from '../core/types.ts'
import { withStatus } from './answer.ts'
import type { SessionCookies } from './cookies.ts'
import type { HttpEvent } from './events.ts'
import type { NodeResponse } from './nodeResponse.ts'
import { createRequestSession, type RequestSession } from './requestSession.ts'
import { notCompleted, Saves } from './saves.ts'
import { forbidStoring } from './sessionHeaders.ts'

/** What the exchanges of one application share. */
export interface ExchangeContext {
  readonly sessions: Sessions
  readonly cookies: SessionCookies
  readonly emit: EmitOf<HttpEvent>
}

/** What a request presents by a cookie that is not ours. */
export interface Presented {
  /** `null`: nobody's. */
  readonly session: Session | null
  /** Set-Cookie values that the response carries beside our own. */
  readonly setCookies: readonly string[]
}

/** Looks at a Cookie header without a session cookie of ours; `undefined` when there is nothing to wait for. */
export type OpenOther = (cookieHeader: string) => Promise<Presented> | undefined

/** Whether a request has a session: a store that does not answer leaves it unknown, which is not "none". */
export type SessionStatus = 'active' | 'none' | 'unknown'

const NO_COOKIES: readonly string[] = []

/** What the exchange says to caches on the response as soon as the session is looked at. */
type HeldResponse = Pick<NodeResponse, 'headersSent' | 'getHeader' | 'setHeader' | 'hasHeader'>

/** One request and its response, seen from the session: what was presented, what is wanted, what to set. */
export class Exchange {
  readonly #context: ExchangeContext
  readonly #isSecure: boolean
  readonly #response: HeldResponse
  /** `null` until something is known or wanted of it: most requests find a session in the store. */
  #known: Session | null = null
  #presented: string | null = null
  #otherCookies = NO_COOKIES
  #failure: LatchstringError | null = null
  #isRead = false
  #requestSession: RequestSession | null = null
  /** `null` until something is to be stored. */
  #saves: Saves | null = null

  constructor(context: ExchangeContext, isSecure: boolean, response: HeldResponse) {
    this.#context = context
    this.#isSecure = isSecure
    this.#response = response
  }

  /** Opens the presented session, else what `openOther` finds; `undefined` when the store need not be asked. */
  open(cookieHeader: string | undefined, openOther?: OpenOther): Promise<void> | undefined {
    const cookie = this.#context.cookies.read(cookieHeader, this.#isSecure)
    if (cookie.kind === 'token') return this.#openToken(cookie.token)
    if (cookie.kind === 'duplicate') this.#context.emit({ type: 'cookie.duplicate' })
    if (cookie.kind === 'duplicate' || cookieHeader === undefined) return undefined
    const opening = openOther?.(cookieHeader)
    return opening === undefined ? undefined : this.#orUnknown(async () => this.#accept(await opening))
  }

  get #session(): Session {
    this.#known ??= this.#context.sessions.anonymous()
    return this.#known
  }

  #accept({ session, setCookies }: Presented): void {
    if (session !== null) this.#known = session
    this.#otherCookies = setCookies
  }

  #openToken(token: string): Promise<void> | undefined {
    this.#presented = token
    const opening = this.#context.sessions.open(token)
    if (opening instanceof Promise) return this.#orUnknown(async () => this.#note(await opening))
    this.#note(opening)
    return undefined
  }

  #note(session: Session): void {
    this.#known = session
  }

  async #orUnknown(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#noteFailure(error)
    }
  }

  /** A store that does not answer leaves the session unknown. */
  #noteFailure(error: unknown): void {
    if (!(error instanceof LatchstringError)) throw error
    this.#failure = error
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

  /** Whether the browser keeps the cookies of this response as Secure ones. */
  get isSecure(): boolean {
    return this.#isSecure
  }

  get now(): number {
    return this.#context.sessions.clock()
  }

  /** Logs a user in, from the next save or the first byte of the response on. */
  logIn(user: LoginUser, options: LoginOptions): void {
    this.#context.sessions.logIn(this.session, user, options)
    this.#saves?.forgetFailure()
  }

  /**
   * Ends the session at the next save, and goes on with an empty one.
   * @throws LatchstringError `not_completed` for a log-out while the session is unknown; the response fails too.
   */
  end(reason: EndReason): void {
    if (this.#failure !== null && reason === 'logged_out') this.#failLogOut(this.#failure)
    this.#neededSaves.end(this.session, reason)
    this.#replaceSession(this.#context.sessions.anonymous())
  }

  /** Ends the session with the next save if it is this user's. */
  endIfOf(userId: UserId): void {
    if (this.session.userIdText === String(userId)) this.end('revoked')
  }

  #failLogOut(cause: LatchstringError): never {
    const error = notCompleted(cause)
    this.#neededSaves.fail(error)
    throw withStatus(error)
  }

  /** Reads the stored session again and forgets unsaved changes. */
  async reload(): Promise<void> {
    const { token } = this.session
    const { sessions } = this.#context
    this.#replaceSession(token === null ? sessions.anonymous() : await sessions.open(token))
  }

  get #neededSaves(): Saves {
    this.#saves ??= new Saves(this.#context.sessions, () => this.#session)
    return this.#saves
  }

  /** Stores all changes now; one save at a time, each with what has changed until it begins. */
  save(): Promise<void> {
    return this.#neededSaves.save()
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
    const failure = this.#saves?.failure ?? null
    if (failure !== null) return Promise.reject(failure.error)
    if (this.#failure !== null) return undefined
    const saving = this.#saves?.finished()
    if (saving !== undefined) return saving.then(() => this.settle())
    try {
      return this.#isSettled() ? undefined : this.#neededSaves.saveAll()
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #isSettled(): boolean {
    return this.#saves?.isEnding !== true && this.#context.sessions.isSettled(this.#session)
  }

  /** Whether the browser presented a session that has ended meanwhile, and that no other took the place of. */
  get isLoggedOut(): boolean {
    const { token, endedElsewhere } = this.#session
    const hasEnded = endedElsewhere || this.#saves?.hasEnded === true
    return token === null && this.#presented !== null && hasEnded
  }

  /** The Set-Cookie values that the response must carry. From then on the token is fixed. */
  takeCookies(): readonly string[] {
    const cookie = this.#takeCookie()
    return cookie === null ? this.#otherCookies : [...this.#otherCookies, cookie]
  }

  #takeCookie(): string | null {
    const { cookies, sessions } = this.#context
    const session = this.#session
    session.isTokenFixed = true
    if (this.isLoggedOut) return cookies.expire(this.#isSecure)
    if (session.token === null) return null
    if (session.token === this.#presented) return null
    const maxAge = session.state?.remember ? sessions.remainingLifetime(session) / 1000 : null
    return cookies.issue(session.token, maxAge, this.#isSecure)
  }

  #replaceSession(session: Session): void {
    session.isTokenFixed = this.#session.isTokenFixed
    this.#known = session
    this.#requestSession = null
  }

  /** Before the handler goes on: code that only fills in a default for caches then leaves ours alone. */
  #noteRead(): void {
    this.#isRead = true
    if (!this.#response.headersSent) forbidStoring(this.#response)
  }
}
