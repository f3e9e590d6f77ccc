import { promiseOrCallback, type SessionCallback } from '../../http/promiseOrCallback.ts'
import { type Acting, actionsOf, type RegenerateOptions, type SessionActions } from './actions.ts'
import { Cookie } from './cookie.ts'
import { hardenPrototype } from './harden.ts'
import { fill, insideOf } from './inside.ts'

/** What a session needs of the request that it belongs to. */
export interface SessionOwner extends Acting {
  sessionID?: string
  session?: unknown
}

/**
 * One property for all sessions: closures would give each a hidden class of its own, and cost a request 2 microseconds
 * more. Enumerable, as code that copies sessions expects; what is assigned but no cookie is left out.
 */
const COOKIE_PROPERTY: PropertyDescriptor & ThisType<Session> = {
  enumerable: true,
  get() {
    return insideOf(this).cookie
  },
  set(value: unknown) {
    if (value instanceof Cookie) insideOf(this).cookie = value
    else if (isPlainObject(value)) insideOf(this).cookie = new Cookie(value)
  },
}

/**
 * `req.session`: the application's data as its own properties, and methods that take a callback or return a promise.
 */
export class Session {
  /** The key in the store; never the secret in the cookie, unless the option `ids` is `'raw'`. */
  declare readonly id: string
  declare readonly req: SessionOwner
  declare cookie: Cookie
  /** `data` may not bring names that the session itself has. Without `cookie` it may bring one. */
  constructor(request: SessionOwner, data?: object | null, cookie?: Cookie) {
    Object.defineProperty(this, 'req', { value: request })
    Object.defineProperty(this, 'id', { value: request.sessionID })
    fill(this, cookie ?? cookieIn(data) ?? new Cookie())
    Object.defineProperty(this, 'cookie', COOKIE_PROPERTY)
    if (typeof data !== 'object' || data === null) return
    for (const [name, value] of Object.entries(data)) {
      if (!(name in this)) Reflect.set(this, name, value)
    }
  }

  /** Lets the cookie live its full length again. The middleware does it for each request. */
  touch(): this {
    return this.resetMaxAge()
  }

  resetMaxAge(): this {
    this.cookie.maxAge = this.cookie.originalMaxAge
    return this
  }

  /** Stores the session now. The end of the request does it anyway, before the first byte of the response. */
  save(): Promise<void>
  save(callback: SessionCallback | undefined): void
  save(callback?: SessionCallback): Promise<void> | undefined {
    return promiseOrCallback(callback, () => requireActions(this).save(this))
  }

  /** Reads the session again: `req.session` becomes a new object. */
  reload(): Promise<void>
  reload(callback: SessionCallback): this
  reload(callback?: SessionCallback): Promise<void> | this {
    return promiseOrCallback(callback, () => requireActions(this).reload(this)) ?? this
  }

  /** Ends the session and takes its cookie away; `req.session` is gone at once. */
  destroy(): Promise<void>
  destroy(callback: SessionCallback | undefined): this
  destroy(callback?: SessionCallback): Promise<void> | this {
    return promiseOrCallback(callback, () => requireActions(this).destroy(this)) ?? this
  }

  /** Ends the session and goes on with a new one under a new id: an empty one, or with `{ keep: true }` the same data. */
  regenerate(options?: RegenerateOptions): Promise<void>
  regenerate(callback: SessionCallback): this
  regenerate(options: RegenerateOptions, callback: SessionCallback): this
  regenerate(given: RegenerateOptions | SessionCallback = {}, after?: SessionCallback): Promise<void> | this {
    const callback = typeof given === 'function' ? given : after
    const options = typeof given === 'function' ? {} : given
    return promiseOrCallback(callback, () => requireActions(this).regenerate(this, options)) ?? this
  }
}

hardenPrototype(Session.prototype, [
  'constructor',
  'touch',
  'resetMaxAge',
  'save',
  'reload',
  'destroy',
  'regenerate',
])
hardenPrototype(Cookie.prototype, ['constructor', 'serialize', 'toJSON'])

function requireActions(session: Session): SessionActions {
  const actions = actionsOf(session.req)
  if (actions !== undefined) return actions
  throw new TypeError('this session belongs to no request and no store of latchstring/express-session')
}

function cookieIn(data: object | null | undefined): Cookie | null {
  return data && 'cookie' in data && data.cookie instanceof Cookie ? data.cookie : null
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
