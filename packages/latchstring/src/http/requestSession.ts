import type { Update } from '../core/data.ts'
import { LatchstringError } from '../core/errors.ts'
import type { Authentication } from '../core/payload.ts'
import type { Session } from '../core/session.ts'
import type { SessionData, UserId } from '../core/types.ts'
import type { Exchange } from './exchange.ts'
import { promiseOrCallback, type SessionCallback } from './promiseOrCallback.ts'

/** What `req.session` offers beside the application's data. */
export interface SessionControls {
  /** The public id of the session, safe to show and to revoke by; `null` until something is stored. */
  readonly id: string | null
  /** The user's id in the type given at login; `null` for a visitor. Set by `generateSession`. */
  readonly userId: UserId | null
  /** Milliseconds since the epoch, like all times here. */
  readonly createdAt: number | null
  readonly lastSeenAt: number | null
  /** By which methods the user has proved who they are, and when. */
  readonly authentications: readonly Authentication[]
  /**
   * Sets a key to a function of its current value. The function may be called again with a newer value, when
   * another request was faster, so it must only compute: `req.session.update('visits', (n) => (n ?? 0) + 1)`.
   */
  update<Key extends keyof SessionData & string>(
    key: Key,
    change: (current: SessionData[Key] | undefined) => SessionData[Key],
  ): void
  /** Stores all changes now. The end of the request does it anyway, before the first byte of the response. */
  save(): Promise<void>
  save(callback: SessionCallback): void
  /** Reads the session again, dropping unsaved changes. */
  reload(): Promise<void>
  reload(callback: SessionCallback): void
  /** Counts this request as activity even if the last one was a moment ago. */
  touch(): void
  /** Ends the session and goes on with a new, empty one under a new token. */
  regenerate(): Promise<void>
  regenerate(callback: SessionCallback): void
  /** Ends the session. */
  destroy(): Promise<void>
  destroy(callback: SessionCallback): void
}

/** The application's data, with the session's own members beside it. */
export type RequestSession = SessionControls & SessionData

type Own = { readonly [K in keyof SessionControls]: (session: Session, exchange: Exchange) => unknown }

const OWN: Own = {
  id: (session) => session.id,
  userId: (session) => session.userId,
  createdAt: (session) => session.state?.createdAt ?? null,
  lastSeenAt: (session) => session.state?.lastSeenAt ?? null,
  authentications: (session) => session.authentications,
  update: (session) => (key: string, change: Update) => {
    requireTokenFor(session)
    session.data.update(key, change)
  },
  save: (_, exchange) => withCallback(() => exchange.save()),
  reload: (_, exchange) => withCallback(() => exchange.reload()),
  touch: (session) => () => {
    session.touchRequested = true
  },
  regenerate: (_, exchange) => withCallback(() => endAndSave(exchange, 'replaced')),
  destroy: (_, exchange) => withCallback(() => endAndSave(exchange, 'logged_out')),
}

const OWN_NAMES: ReadonlySet<string> = new Set(Object.keys(OWN))

/** Whether a name belongs to the session itself, so that no data can stand under it. */
export function isOwnName(name: string): name is keyof SessionControls {
  return OWN_NAMES.has(name)
}

function endAndSave(exchange: Exchange, reason: 'replaced' | 'logged_out'): Promise<void> {
  exchange.end(reason)
  return exchange.save()
}

function withCallback(work: () => Promise<void>): (callback?: SessionCallback) => Promise<void> | undefined {
  return (callback) => promiseOrCallback(callback, work)
}

/**
 * `req.session` of one session. Reading and assigning keys goes to the data; the session's own names are
 * read-only, so that no assignment from a request body can make somebody else of a user.
 */
export function createRequestSession(session: Session, exchange: Exchange): RequestSession {
  return new Proxy(TARGET, new RequestSessionHandler(session, exchange))
}

/** What `inspect.custom` of node:util is, without loading that at the start. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/** One for all, as no trap ever looks at it. What console.log shows is here; without it a proxy would look empty. */
const TARGET: RequestSession = Object.create(null, {
  [INSPECT]: {
    configurable: true,
    value(this: RequestSession) {
      return { ...this }
    },
  },
})

class RequestSessionHandler implements ProxyHandler<RequestSession> {
  readonly #session: Session
  readonly #exchange: Exchange

  constructor(session: Session, exchange: Exchange) {
    this.#session = session
    this.#exchange = exchange
  }

  get(_: RequestSession, key: PropertyKey): unknown {
    if (typeof key !== 'string') return undefined
    return isOwnName(key) ? OWN[key](this.#session, this.#exchange) : this.#session.data.get(key)
  }

  set(_: RequestSession, key: PropertyKey, value: unknown): boolean {
    const name = assignableName(key)
    requireTokenFor(this.#session)
    this.#session.data.set(name, value)
    return true
  }

  has(_: RequestSession, key: PropertyKey): boolean {
    return typeof key === 'string' && (isOwnName(key) || key in this.#session.data.values)
  }

  deleteProperty(_: RequestSession, key: PropertyKey): boolean {
    this.#session.data.delete(assignableName(key))
    return true
  }

  ownKeys(): string[] {
    return Object.keys(this.#session.data.values)
  }

  getOwnPropertyDescriptor(_: RequestSession, key: PropertyKey): PropertyDescriptor | undefined {
    if (typeof key !== 'string' || !(key in this.#session.data.values)) return undefined
    return { value: this.#session.data.get(key), writable: true, enumerable: true, configurable: true }
  }

  defineProperty(target: RequestSession, key: PropertyKey, descriptor: PropertyDescriptor): boolean {
    return 'value' in descriptor && this.set(target, key, descriptor.value)
  }

  setPrototypeOf(): boolean {
    return false
  }

  preventExtensions(): boolean {
    return false
  }
}

/** A visitor's first value needs a token, which must reach the browser before the first byte. */
function requireTokenFor(session: Session): void {
  if (session.located === null && session.pendingLogin === null) session.requireNewToken()
}

function assignableName(key: PropertyKey): string {
  if (typeof key !== 'string') {
    throw new LatchstringError('invalid_data', 'req.session takes texts as keys, not symbols')
  }
  if (!isOwnName(key)) return key
  const hint = key === 'userId' ? ': log a user in with generateSession(req, user)' : ': choose another name'
  throw new LatchstringError('reserved_key', `req.session.${key} belongs to the session${hint}`)
}
