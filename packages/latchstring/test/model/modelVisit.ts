import { LatchstringError } from '../../src/core/errors.ts'
import { type Data, expiryOf, type Login, type Model, type ModelSession } from './model.ts'
import { RENEWAL, START, TOUCH_INTERVAL, type View, type Visit } from './world.ts'

/** A change of one key, seen from whatever is there. */
interface Change {
  readonly key: string
  readonly next: (current: unknown) => unknown
}

/** A session as it was when the request last looked. */
interface Known {
  readonly session: ModelSession
  readonly token: string
  readonly lastSeenAt: number
  readonly renewedAt: number
  readonly revision: number
}

/** What the end of the request is to store. */
interface PendingLogin {
  readonly id: string
  readonly user: string
  readonly at: number
  readonly createdAt: number
  readonly remember: boolean
  readonly logins: readonly Login[]
  readonly credentials: number
  readonly keepsData: boolean
  /** Nobody has proved anything: what goes on under a new token has to be there still. */
  readonly goesOn: boolean
}

/** A request as its user would expect it. */
export class ModelVisit implements Visit {
  readonly #model: Model
  #openedAt: number
  #known: Known | null
  #data: Data
  #changes: Change[] = []
  #login: PendingLogin | null = null
  #touches = false
  #isKeptUp = false
  #isOver = false

  constructor(model: Model, session: ModelSession | null) {
    this.#model = model
    this.#openedAt = model.now
    this.#known = session === null ? null : knownOf(session)
    this.#data = session?.data ?? {}
  }

  look(): View {
    return {
      sessionId: this.#login?.id ?? this.#known?.session.id ?? null,
      user: this.#user,
      token: this.#known?.token ?? null,
      data: this.#data,
      logins: this.#logins.map(({ method, at }) => `${method}@${at - START}`).join(),
      isOver: this.#isOver,
    }
  }

  get #user(): string | null {
    return this.#login?.user ?? this.#known?.session.user ?? null
  }

  get #logins(): readonly Login[] {
    return this.#login?.logins ?? this.#known?.session.logins ?? []
  }

  set(key: string, value: number): void {
    this.#change(key, () => value)
  }

  append(key: string, value: number): void {
    const held = this.#data[key]
    const list = Array.isArray(held) ? [...held, value] : [value]
    this.#change(key, () => list)
  }

  delete(key: string): void {
    if (key in this.#data) this.#change(key, () => undefined)
  }

  increment(key: string): void {
    this.#change(key, (current) => (typeof current === 'number' ? current : 0) + 1)
  }

  touch(): void {
    this.#touches = true
  }

  logIn(user: string, remember: boolean): boolean {
    const model = this.#model
    if (model.isDisabled(user)) return false
    const at = model.now
    const isOther = this.#user !== null && this.#user !== user
    const earlier = this.#user === user ? this.#logins.filter(({ method }) => method !== 'password') : []
    const keepsData = !isOther && (this.#login?.keepsData ?? true)
    if (isOther) this.#forgetData()
    this.#login = {
      id: model.freshName('session'),
      user,
      at,
      createdAt: at,
      remember,
      logins: [...earlier, { method: 'password', at }],
      credentials: model.credentialsOf(user),
      keepsData,
      goesOn: false,
    }
    return true
  }

  rotate(): boolean {
    const from = this.#login ?? this.#known?.session
    const { user } = from ?? {}
    if (from === undefined || user === undefined || user === null) return false
    const { id, createdAt, remember, logins } = from
    this.#login = {
      id,
      user,
      at: this.#model.now,
      createdAt,
      remember,
      logins,
      credentials: this.#model.credentialsOf(user),
      keepsData: this.#login?.keepsData ?? true,
      goesOn: this.#login?.goesOn ?? true,
    }
    return true
  }

  /** What comes next belongs to an empty session. */
  async end(reason: 'logged_out' | 'replaced'): Promise<void> {
    const session = this.#known?.session
    if (session !== undefined) this.#end(session, reason)
    this.#known = null
    this.#login = null
    this.#openedAt = this.#model.now
    this.#touches = false
    this.#isKeptUp = false
    this.#isOver = true
    this.#forgetData()
  }

  #end(session: ModelSession, reason: string): void {
    if (session.user === null) this.#model.end(session, reason)
    else this.#model.endAll(session.user, reason, ({ id }) => id === session.id)
  }

  async commit(): Promise<void> {
    if (this.#login !== null) return this.#storeLogin(this.#login)
    if (this.#known === null) return this.#startForVisitor()
    if (this.#changes.length > 0) this.#save(this.#known.session)
    if (this.#known !== null) this.#keepUp(this.#known)
  }

  #startForVisitor(): void {
    if (Object.keys(this.#data).length === 0) return
    const { now } = this.#model
    const id = this.#model.freshName('session')
    const times = { createdAt: now, lastSeenAt: now, renewedAt: now }
    const session = { id, user: null, remember: false, logins: [], data: this.#data, ...times }
    this.#adopt(this.#model.start(session))
  }

  /** Whatever others have done to other keys stays. */
  #save(session: ModelSession): void {
    if (!this.#model.isAlive(session)) {
      this.#lose(session)
      return
    }
    session.data = changed(session.data, this.#changes)
    this.#see(session)
    session.revision++
    this.#adopt(session)
    this.#data = session.data
  }

  #lose({ user, id }: Pick<ModelSession, 'user' | 'id'>): void {
    const keys = new Set(this.#changes.map(({ key }) => key))
    this.#model.tell('session.lost_update', user, id, [...keys].sort().join())
    this.#noteEnd()
  }

  /** The time of a request is written down when it is worth it, and when nobody else has just done so. */
  #keepUp(known: Known): void {
    const renews = this.#isRenewalDue(known)
    if (this.#isKeptUp || !(renews || this.#isTouchDue(known))) return
    this.#isKeptUp = true
    const { session, revision, lastSeenAt } = known
    if (this.#model.now >= expiryOf({ ...session, lastSeenAt })) return
    const isNewest = !session.isOver && session.revision === revision
    if (isNewest) this.#writeDown(session, renews)
    else if (renews) this.#follow(known)
  }

  #writeDown(session: ModelSession, renews: boolean): void {
    this.#see(session)
    if (renews) this.#model.renew(session)
    else session.revision++
    this.#adoptState(session)
  }

  #follow({ token }: Known): void {
    const session = this.#model.lead(token, this.#openedAt)
    if (session === null) this.#noteEnd()
    else this.#adoptState(session)
  }

  #isRenewalDue({ session, renewedAt }: Known): boolean {
    const isOld = this.#openedAt - renewedAt >= RENEWAL.every
    return this.#model.settings.renews && session.user !== null && isOld
  }

  #isTouchDue({ lastSeenAt }: Known): boolean {
    const age = this.#openedAt - lastSeenAt
    return age >= TOUCH_INTERVAL || (this.#touches && age > 0)
  }

  #see(session: ModelSession): void {
    session.lastSeenAt = Math.max(session.lastSeenAt, this.#openedAt)
  }

  #storeLogin(login: PendingLogin): void {
    const previous = this.#known?.session ?? null
    if (login.credentials !== this.#model.credentialsOf(login.user)) this.#refuse(login, 'credential_changed')
    this.#makeRoom(login, previous)
    const goesOn = previous !== null && this.#model.isAlive(previous)
    if (login.goesOn && !goesOn) {
      this.#login = null
      this.#lose(login)
      return
    }
    const data = goesOn && login.keepsData ? changed(previous.data, this.#changes) : this.#data
    if (previous !== null) this.#retire(previous, login.id)
    const { id, user, createdAt, remember, logins, at } = login
    const times = { createdAt, lastSeenAt: at, renewedAt: at }
    this.#model.tell(previous?.id === id ? 'session.renewed' : 'session.created', user, id)
    this.#login = null
    this.#adopt(this.#model.start({ id, user, remember, logins, data, ...times }))
    this.#data = data
  }

  /** If another request has given it a new token meanwhile, that one ends as well. */
  #retire(previous: ModelSession, nextId: string): void {
    const { id, user, isOver: hasMoved } = previous
    previous.isOver = true
    if (hasMoved && user !== null && id !== nextId)
      this.#model.endAll(user, 'replaced', (other) => other.id === id)
  }

  #makeRoom({ id, user, ...login }: PendingLogin, previous: ModelSession | null): void {
    const { limit } = this.#model.settings
    if (limit === null) return
    const others = this.#model.livingOf(user).filter((other) => other.id !== id && other.id !== previous?.id)
    const missing = others.length + 1 - limit.max
    if (missing < 1) return
    if (limit.policy === 'deny') this.#refuse({ user, ...login }, 'session_limit')
    for (const other of others.slice(0, missing)) this.#model.end(other, 'session_limit')
  }

  #refuse({ user }: Pick<PendingLogin, 'user'>, code: 'credential_changed' | 'session_limit'): never {
    this.#model.tell('login.refused', user, null, code)
    throw new LatchstringError(code, code)
  }

  #adopt(session: ModelSession): void {
    this.#adoptState(session)
    this.#changes = []
  }

  #adoptState(session: ModelSession): void {
    this.#known = knownOf(session)
    this.#touches = false
  }

  #noteEnd(): void {
    this.#known = null
    this.#isOver = true
    this.#forgetData()
  }

  #change(key: string, next: Change['next']): void {
    const change = { key, next }
    this.#changes.push(change)
    this.#data = changed(this.#data, [change])
  }

  #forgetData(): void {
    this.#data = {}
    this.#changes = []
  }
}

function knownOf(session: ModelSession): Known {
  const { token, lastSeenAt, renewedAt, revision } = session
  return { session, token, lastSeenAt, renewedAt, revision }
}

function changed(data: Data, changes: readonly Change[]): Data {
  const values: Record<string, unknown> = { ...data }
  for (const { key, next } of changes) {
    const value = next(values[key])
    if (value === undefined) delete values[key]
    else values[key] = value
  }
  return values
}
