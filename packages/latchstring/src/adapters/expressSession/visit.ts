import { LatchstringError } from '../../core/errors.ts'
import type { UserId } from '../../core/types.ts'
import { type RegenerateOptions, type SessionActions, setActions } from './actions.ts'
import { attributesFor } from './attributes.ts'
import type { Identity, Stored } from './backend.ts'
import { Cookie } from './cookie.ts'
import { deviceOf } from './device.ts'
import { defineOwn } from './harden.ts'
import { identify, mayGoTo } from './identity.ts'
import type { Ids } from './ids.ts'
import { hasReachedEnd } from './lifetime.ts'
import type { Policy } from './options.ts'
import { type Keeping, keepAlive, persist } from './persist.ts'
import { Session } from './session.ts'
import { restoreCookie } from './storedForm.ts'
import { StoreQueue } from './storeQueue.ts'
import { isUnchanged } from './texts.ts'
import { track, trackAs, trackedOf, trackStored } from './tracked.ts'
import type { SessionRequest } from './types.ts'

/** What the visits of one middleware share. */
export interface VisitContext {
  readonly policy: Policy
  readonly keeping: Keeping
  readonly ids: Ids
}

/** What a new session takes over from the one before it. */
interface Origin {
  readonly data?: Session
  readonly createdAt?: number | null
  readonly identity?: Identity | null
}

/** One request and its session: loaded, made, ended and stored. */
export class Visit implements SessionActions {
  readonly request: SessionRequest
  readonly queue: StoreQueue = new StoreQueue()
  readonly #context: VisitContext
  /** The secrets of the sessions that this request has begun, by key. */
  #newTokens: Map<string, string> | null = null
  /** Ended for the application, but not yet in the store. */
  #unfinished: Set<Session> | null = null
  #latest: Session | null = null
  /** The key and the secret of the session that the browser presented, if it was found. */
  #presentedId: string | null = null
  #presentedToken: string | null = null
  /** The key that the request began with. */
  #originalId: string | null = null
  #hasEndedPresented = false
  /** The headers are out: the browser cannot be given another id. */
  isIdFixed = false

  constructor(context: VisitContext, request: SessionRequest) {
    this.#context = context
    this.request = request
    setActions(request, this)
  }

  /** Whether the browser did not bring the session that the request has now. */
  get isNew(): boolean {
    return this.#presentedId !== this.request.sessionID
  }

  /** Whether the browser still holds a cookie for a session that this request has ended. */
  get hasEndedPresented(): boolean {
    return this.#hasEndedPresented
  }

  get hasUnfinished(): boolean {
    return this.#unfinished !== null && this.#unfinished.size > 0
  }

  /** What the application left as `req.session`; a plain object stands for the data of the session. */
  get current(): Session | null {
    const { session } = this.request
    if (session instanceof Session) return session
    return typeof session === 'object' && session !== null ? this.#adopt(session) : null
  }

  /** Whether this is another session than the request began with, or holds something else. */
  isModified(session: Session): boolean {
    return this.#originalId !== session.id || !isUnchanged(session, trackedOf(session).original)
  }

  /** The secret that leads to the session of this key, if this request knows it. */
  tokenOf(id: string | undefined): string | null {
    const begun = this.#newTokens?.get(id ?? '') ?? null
    return begun ?? (id === this.#presentedId ? this.#presentedToken : null)
  }

  /** Gives the request its first session. */
  begin(): void {
    this.generate()
    this.#originalId = this.request.sessionID ?? null
  }

  /** Loads the session that one of the tokens leads to; a token that leads nowhere is never adopted. */
  async open(tokens: readonly string[]): Promise<void> {
    const { ids, keeping } = this.#context
    for (const token of tokens) {
      for (const id of ids.keysOf(token)) {
        const stored = await keeping.backend.read(id)
        if (stored !== null && this.#isAlive(stored)) return this.#resume(id, token, stored)
      }
    }
    this.begin()
  }

  generate(): void {
    this.#renew({})
  }

  save(session: Session): Promise<void> {
    return this.queue.add(() => persist(this.#context.keeping, session, deviceOf(this.request)))
  }

  keepAlive(session: Session): Promise<void> {
    return this.queue.add(() => keepAlive(this.#context.keeping, session))
  }

  reload(session: Session): Promise<void> {
    return this.queue.add(async () => {
      const stored = await this.#context.keeping.backend.read(session.id)
      if (stored === null || !this.#isAlive(stored)) throw new Error('failed to load session')
      this.#attach(session.id, stored)
    })
  }

  destroy(session: Session): Promise<void> {
    delete this.request.session
    return this.#end(session)
  }

  async regenerate(session: Session, { keep = false }: RegenerateOptions): Promise<void> {
    const { createdAt, identity, stored } = trackedOf(session)
    const origin = { data: session, createdAt: stored?.life?.createdAt ?? createdAt, identity }
    try {
      await this.#end(session)
    } finally {
      this.#renew(keep ? origin : {})
    }
  }

  get isLatestAlive(): boolean {
    return this.#latest !== null && !trackedOf(this.#latest).isGone
  }

  /** Ends what the application gave up by `req.session = null`. */
  async endLatest(): Promise<void> {
    if (this.#latest !== null) await this.#end(this.#latest)
  }

  async retryUnfinished(): Promise<void> {
    for (const session of [...(this.#unfinished ?? [])]) await this.#end(session)
  }

  /**
   * Goes on under a new id as the session of this user, and stores it.
   * @throws LatchstringError `invalid_argument`, `response_started`, `store_unavailable`.
   */
  logIn(userId: UserId): Promise<void> {
    const identity = identify(userId, this.#context.policy)
    const before = this.current
    const keepsData = before !== null && mayGoTo(identity, before)
    return this.#moveOn(before, { ...(keepsData && { data: before }), identity })
  }

  /** Goes on under a new id with the same data, and stores it. */
  rotate(session: Session): Promise<void> {
    return this.#moveOn(session, { data: session, identity: trackedOf(session).identity })
  }

  /** The new session is stored before the old one ends: a failure in between leaves the visitor with what they had. */
  async #moveOn(before: Session | null, origin: Origin): Promise<void> {
    if (this.isIdFixed) throw responseStarted()
    const fresh = this.#renew(origin)
    try {
      await this.save(fresh)
      if (before !== null) await this.#end(before)
    } catch (error) {
      await this.#end(fresh).catch(() => {})
      throw error
    }
  }

  #isAlive(stored: Stored): boolean {
    const { lifetimes, clock } = this.#context.keeping
    return !hasReachedEnd(stored, lifetimes, clock())
  }

  #resume(id: string, token: string, stored: Stored): void {
    this.#presentedId = id
    this.#presentedToken = token
    this.#originalId = id
    this.request.sessionID = id
    this.#attach(id, stored)
  }

  /** Everything about the cookie is as configured now, but for the length of its life. */
  #attach(id: string, stored: Stored): void {
    const { policy } = this.#context
    this.request.sessionID = id
    const cookie = restoreCookie(stored.cookie, policy.clock, attributesFor(policy, this.request))
    const session = new Session(this.request, stored.values, cookie)
    trackStored(session, stored, !policy.resave)
    this.#use(session)
  }

  #renew({ data, createdAt = null, identity = null }: Origin): Session {
    const { policy } = this.#context
    this.#createId()
    const attributes = attributesFor(policy, this.request)
    const cookie = data
      ? restoreCookie(data.cookie, policy.clock, attributes)
      : new Cookie(attributes, policy.clock)
    const session = new Session(this.request, null, cookie)
    track(session, { createdAt, identity })
    for (const [name, value] of Object.entries(data ?? {})) {
      if (name !== 'cookie') defineOwn(session, name, value)
    }
    this.#use(session)
    return session
  }

  #use(session: Session): void {
    this.#latest = session
    this.request.session = session
  }

  /** Whatever else `genid` gives than a text is no id, and such a session is not stored. */
  #createId(): void {
    const { ids, policy } = this.#context
    const token: unknown = policy.genid === null ? ids.createToken() : policy.genid(this.request)
    if (typeof token !== 'string') {
      delete this.request.sessionID
      return
    }
    this.request.sessionID = ids.keyOf(token)
    this.#newTokens ??= new Map()
    this.#newTokens.set(this.request.sessionID, token)
  }

  #end(session: Session): Promise<void> {
    const tracked = trackedOf(session)
    tracked.isGone = true
    this.#unfinished ??= new Set()
    const unfinished = this.#unfinished.add(session)
    return this.queue.add(async () => {
      if (tracked.mayBeStored) await this.#context.keeping.backend.remove(session.id)
      unfinished.delete(session)
      if (session.id === this.#presentedId) this.#hasEndedPresented = true
    })
  }

  #adopt(object: object): Session {
    const latest = this.#latest
    const own: unknown = 'cookie' in object ? object.cookie : null
    const cookie = own instanceof Cookie ? own : (latest?.cookie ?? new Cookie())
    const session = new Session(this.request, object, cookie)
    if (latest !== null && latest.id === session.id) trackAs(session, trackedOf(latest))
    return session
  }
}

function responseStarted(): LatchstringError {
  return new LatchstringError(
    'response_started',
    'the response has begun, so the browser cannot be given a new session id any more: log in before the first byte',
  )
}
