import { systemClock } from '../../core/clock.ts'
import type { Clock } from '../../core/types.ts'
import { serializeCookie } from './serialize.ts'

/** How the session cookie looks. */
export interface CookieOptions {
  /** Milliseconds that the browser keeps the cookie after each response that sets it. Default: until it is closed. */
  maxAge?: number | null | undefined
  /** Use `maxAge`: a moment is the same for every visitor. */
  expires?: Date | null | undefined
  path?: string | undefined
  domain?: string | undefined
  /** Default `true`. */
  httpOnly?: boolean | undefined
  /** `'auto'`: whenever the request came over https. Default `'auto'`; `false` is express-session's default. */
  secure?: boolean | 'auto' | undefined
  /** `'auto'`: none over https, lax otherwise. Default `'lax'`; `false` leaves it out, as express-session does. */
  sameSite?: boolean | 'lax' | 'strict' | 'none' | 'auto' | undefined
  partitioned?: boolean | undefined
  priority?: 'low' | 'medium' | 'high' | undefined
  signed?: boolean | undefined
  encode?: ((value: string) => string) | undefined
}

/** What of a cookie is stored in a row, as JSON. */
export interface CookieData {
  originalMaxAge: number | null
  partitioned: boolean | undefined
  priority: CookieOptions['priority']
  expires: Date | null | undefined
  secure: CookieOptions['secure']
  httpOnly: boolean | undefined
  domain: string | undefined
  path: string | undefined
  sameSite: CookieOptions['sameSite']
}

/** Names that would make something else of the object than a cookie with attributes. */
const REFUSED: ReadonlySet<string> = new Set([
  'data',
  'serialize',
  'toJSON',
  '__proto__',
  'constructor',
  'prototype',
])

/** `req.session.cookie`: the attributes of the cookie and how long it lives. */
export class Cookie {
  readonly #clock: Clock
  path: string | undefined = '/'
  _expires: Date | null | undefined = null
  httpOnly: boolean | undefined = true
  originalMaxAge: number | null = null
  declare domain: string | undefined
  declare secure: CookieOptions['secure']
  declare sameSite: CookieOptions['sameSite']
  declare partitioned: boolean | undefined
  declare priority: CookieOptions['priority']

  /** @throws TypeError for options that are no object, and for a `maxAge` that is no number. */
  constructor(options?: object | null, clock: Clock = systemClock) {
    this.#clock = clock
    if (options === undefined || options === null) return
    if (typeof options !== 'object') throw new TypeError('argument options must be a object')
    for (const [name, value] of Object.entries(options)) {
      if (!REFUSED.has(name)) Reflect.set(this, name, value)
    }
    // Whatever the order of the names: setting when it expires is what gives the length its value.
    if ('originalMaxAge' in options && typeof options.originalMaxAge === 'number')
      this.originalMaxAge = options.originalMaxAge
  }

  get expires(): Date | null | undefined {
    return this._expires
  }

  set expires(date: Date | null | undefined) {
    this._expires = date
    this.originalMaxAge = this.maxAge
  }

  /** Milliseconds that are left; `null` for a cookie that goes when the browser is closed. */
  get maxAge(): number | null {
    return this._expires instanceof Date ? this._expires.valueOf() - this.#clock() : null
  }

  set maxAge(length: number | Date | null | undefined) {
    if (length && typeof length !== 'number' && !(length instanceof Date)) {
      throw new TypeError('maxAge must be a number or Date')
    }
    this.expires = typeof length === 'number' ? new Date(this.#clock() + length) : length
    // To the millisecond, whatever has gone by meanwhile.
    if (typeof length === 'number') this.originalMaxAge = length
  }

  get data(): CookieData {
    const { originalMaxAge, partitioned, priority, _expires, secure, httpOnly, domain, path, sameSite } = this
    return {
      originalMaxAge,
      partitioned,
      priority,
      expires: _expires,
      secure,
      httpOnly,
      domain,
      path,
      sameSite,
    }
  }

  /** The Set-Cookie value for this name and value. */
  serialize(name: string, value: string): string {
    return serializeCookie(name, value, this.data, this.maxAge)
  }

  toJSON(): object {
    return this.data
  }
}
