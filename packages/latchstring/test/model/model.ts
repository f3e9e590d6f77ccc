import { ModelVisit } from './modelVisit.ts'
import {
  ABSOLUTE,
  IDLE,
  type Listed,
  REMEMBER,
  RENEWAL,
  type Settings,
  START,
  type Told,
  type Visit,
  type World,
} from './world.ts'

/** What a user would expect of a session. */
export interface ModelSession {
  /** Stays when the token is rotated. */
  readonly id: string
  readonly user: string | null
  readonly createdAt: number
  readonly remember: boolean
  readonly logins: readonly Login[]
  lastSeenAt: number
  renewedAt: number
  data: Data
  /** The one that the browser should present. */
  token: string
  /** One more at every change, so that a request can tell whether it has seen the newest state. */
  revision: number
  isOver: boolean
}

export interface Login {
  readonly method: string
  readonly at: number
}

export type Data = Readonly<Record<string, unknown>>

interface Token {
  readonly session: ModelSession
  /** Once it was renewed. */
  replaced: {
    readonly by: string
    readonly acceptedUntil: number
    /** Later it is no copy, but unknown. */
    readonly noticedUntil: number
  } | null
}

/** Sessions as a user would expect them: no rows, no hashes, no races, no caches. */
export class Model implements World {
  readonly settings: Settings
  readonly #sessions: ModelSession[] = []
  readonly #tokens = new Map<string, Token>()
  readonly #disabled = new Set<string>()
  /** How often a user's credentials have changed. */
  readonly #credentials = new Map<string, number>()
  #events: Told[] = []
  #names = 0
  #now = START

  constructor(settings: Settings) {
    this.settings = settings
  }

  get now(): number {
    return this.#now
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds
  }

  async open(_: number, token: string | null): Promise<Visit> {
    return new ModelVisit(this, token === null ? null : this.lead(token, this.#now))
  }

  async list(_: number, user: string): Promise<Listed[]> {
    const listed = this.livingOf(user).map((session) => ({
      sessionId: session.id,
      lastSeenAt: session.lastSeenAt,
      expiresAt: expiryOf(session),
    }))
    return listed.sort((one, other) => other.lastSeenAt - one.lastSeenAt)
  }

  async revoke(_: number, user: string, sessionId: string): Promise<boolean> {
    return this.endAll(user, 'revoked', ({ id }) => id === sessionId) > 0
  }

  async revokeOthers(_: number, user: string, sessionId: string): Promise<number> {
    return this.endAll(user, 'revoked', ({ id }) => id !== sessionId)
  }

  async revokeAll(_: number, user: string): Promise<number> {
    return this.endAll(user, 'revoked', () => true)
  }

  async disable(_: number, user: string): Promise<void> {
    this.endAll(user, 'revoked', () => true)
    if (!this.#disabled.has(user)) this.#changeCredentials(user)
    this.#disabled.add(user)
  }

  enable(user: string): void {
    if (this.#disabled.delete(user)) this.#changeCredentials(user)
  }

  /** Nobody can tell the difference. */
  async purge(): Promise<void> {}

  takeEvents(): Told[] {
    const events = this.#events
    this.#events = []
    return events
  }

  tell(type: string, user: string | null, sessionId: string | null, detail = ''): void {
    this.#events.push({ type, user, sessionId, detail })
  }

  isDisabled(user: string): boolean {
    return this.#disabled.has(user)
  }

  credentialsOf(user: string): number {
    return this.#credentials.get(user) ?? 0
  }

  isAlive(session: ModelSession): boolean {
    return !session.isOver && this.#now < expiryOf(session)
  }

  /** The oldest first. */
  livingOf(user: string): ModelSession[] {
    const living = this.#sessions.filter((session) => session.user === user && this.isAlive(session))
    return living.sort((one, other) => one.createdAt - other.createdAt)
  }

  /** Through the tokens that replaced it, if it was presented in time. A later use is theft. */
  lead(name: string, presentedAt: number): ModelSession | null {
    const token = this.#tokens.get(name)
    if (token === undefined || !this.isAlive(token.session)) return null
    const { session, replaced } = token
    if (replaced === null) return session
    if (this.#now >= replaced.noticedUntil) return null
    if (presentedAt < replaced.acceptedUntil) return this.lead(replaced.by, presentedAt)
    this.tell('session.token_reused', session.user, session.id)
    this.end(session, 'token_reused')
    return null
  }

  start(session: Omit<ModelSession, 'token' | 'revision' | 'isOver'>): ModelSession {
    const started = { ...session, token: this.freshName('token'), revision: 0, isOver: false }
    this.#sessions.push(started)
    this.#tokens.set(started.token, { session: started, replaced: null })
    return started
  }

  /** The old token leads to the new one for a while. */
  renew(session: ModelSession): void {
    const by = this.freshName('token')
    const old = this.#tokens.get(session.token)
    const noticedUntil = expiryOf(session)
    if (old !== undefined) old.replaced = { by, acceptedUntil: this.#now + RENEWAL.grace, noticedUntil }
    this.#tokens.set(by, { session, replaced: null })
    session.token = by
    session.renewedAt = this.#now
    session.revision++
    this.tell('session.renewed', session.user, session.id)
  }

  end(session: ModelSession, reason: string): void {
    if (this.isAlive(session)) this.tell('session.ended', session.user, session.id, reason)
    session.isOver = true
  }

  endAll(user: string, reason: string, isMeant: (session: ModelSession) => boolean): number {
    const meant = this.livingOf(user).filter(isMeant)
    for (const session of meant) this.end(session, reason)
    return meant.length
  }

  freshName(kind: 'session' | 'token'): string {
    return `${kind} ${++this.#names} of the model`
  }

  #changeCredentials(user: string): void {
    this.#credentials.set(user, this.credentialsOf(user) + 1)
  }
}

type Aging = Pick<ModelSession, 'createdAt' | 'lastSeenAt' | 'remember'>

export function expiryOf({ createdAt, lastSeenAt, remember }: Aging): number {
  return remember ? createdAt + REMEMBER : Math.min(createdAt + ABSOLUTE, lastSeenAt + IDLE)
}
