import type { Clock } from '../../core/types.ts'
import type { Draft, Identity, Life, Stored, Values } from './backend.ts'
import { Cookie } from './cookie.ts'
import { lengthOf } from './lifetime.ts'

/**
 * What a row of express-session's form says.
 * @throws TypeError for a session without a cookie, as express-session does.
 */
export function storedOf(session: object): Stored {
  const { cookie, ...values }: { readonly cookie?: unknown } = session
  if (!isObject(cookie)) throw new TypeError('the stored session has no cookie')
  return new ForeignStored(values, cookie)
}

/** A class for the reason that `Tracked` is one. */
class ForeignStored implements Stored {
  readonly values: Values
  readonly cookie: object
  readonly life: Life | null
  readonly identity: Identity | null

  constructor(values: Values, cookie: object) {
    this.values = values
    this.cookie = cookie
    this.life = lifeOf(cookie)
    this.identity = identityOf(cookie)
  }
}

/** Kept inside the cookie, where express-session carries along what it does not know, and drops it when it writes. */
function lifeOf(cookie: object): Life | null {
  const life: unknown = 'life' in cookie ? cookie.life : null
  if (!isObject(life) || !('createdAt' in life) || !('seenAt' in life)) return null
  const { createdAt, seenAt } = life
  return typeof createdAt === 'number' && typeof seenAt === 'number' ? { createdAt, seenAt } : null
}

/** Whose session it is, from `login`: another user who logs in gets nothing of it. */
function identityOf(cookie: object): Identity | null {
  const login: unknown = 'login' in cookie ? cookie.login : null
  if (!isObject(login) || !('publicId' in login) || !('userId' in login)) return null
  const { publicId, userId } = login
  if (typeof publicId !== 'string' || typeof userId !== 'string') return null
  return { publicId, userId, userIdType: null, authentications: [] }
}

/**
 * The cookie of a stored session: how long it lives as it was stored, everything else as `attributes` say now, or as
 * stored if there are none. Stores are told when a session of the browser ends too, but its cookie is not.
 */
export function restoreCookie(stored: object, clock?: Clock, attributes?: object): Cookie {
  const cookie = new Cookie(attributes ?? attributesIn(stored), clock)
  const length = lengthOf(stored)
  const expires: unknown = 'expires' in stored ? stored.expires : null
  cookie.expires = length === null ? null : dateOf(expires)
  cookie.originalMaxAge = length
  return cookie
}

/** Without what is ours in it, and without its length of life. */
function attributesIn(stored: object): object {
  const { life, login, maxAge, expires, _expires, ...attributes }: Values = { ...stored }
  return attributes
}

function dateOf(value: unknown): Date | null {
  if (value instanceof Date) return value
  return typeof value === 'string' ? new Date(value) : null
}

/** The cookie as it goes into a row, with the end of the session for stores that look there. */
export class KeptCookie extends Cookie {
  readonly #life: Life
  readonly #identity: Identity | null

  constructor({ cookie, life, identity, expiryFor }: Draft, length: number | null, clock: Clock) {
    super(cookie.data, clock)
    const expiresAt = expiryFor(length)
    this.#life = life
    this.#identity = identity
    this._expires = Number.isFinite(expiresAt) ? new Date(expiresAt) : null
    this.originalMaxAge = length
  }

  get life(): Life {
    return this.#life
  }

  get login(): Pick<Identity, 'publicId' | 'userId'> | undefined {
    const { publicId, userId } = this.#identity ?? {}
    return publicId === undefined || !userId ? undefined : { publicId, userId }
  }

  override toJSON(): object {
    return { ...this.data, life: this.life, login: this.login }
  }
}

/** How long the cookie is to live: as this request says if it said anything, else as others have stored it. */
export function mergedLength({ cookie }: Draft, known: Stored, newest: Stored): number | null {
  const mine = lengthOf(cookie)
  return mine === lengthOf(known.cookie) ? lengthOf(newest.cookie) : mine
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
