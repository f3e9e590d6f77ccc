import { LatchstringError } from '../core/errors.ts'
import { refuseUnknownOptions } from '../core/options.ts'
import { isToken } from '../core/token.ts'

/** How the session cookie looks. Everything else about it is fixed, for a cookie that can only be safe. */
export interface CookieOptions {
  /** The name without its prefix: over https it becomes `__Host-Http-<name>`. Default `'latchstring'`. */
  name?: string
  /** `'strict'` also withholds the cookie when a person follows a link from another site. Default `'lax'`. */
  sameSite?: 'lax' | 'strict'
}

/** What a request's cookies say about the session. */
export type PresentedCookie = { kind: 'none' } | { kind: 'token'; token: string } | { kind: 'duplicate' }

/** Every browser treats it as `__Host-`; newer ones also refuse it unless a server set it, with HttpOnly. */
const SECURE_PREFIX = '__Host-Http-'

/** Browsers keep a cookie for 400 days at most (RFC 6265bis, section 5.5). */
const LONGEST_MAX_AGE = 34_560_000

/** RFC 6265bis: a cookie name is a token of RFC 9110, section 5.6.2. */
const COOKIE_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/

const NONE: PresentedCookie = { kind: 'none' }
const DUPLICATE: PresentedCookie = { kind: 'duplicate' }

/** The session cookie of secure requests and the other one of plain http, which never mix. */
export class SessionCookies {
  readonly #plainName: string
  readonly #secureName: string
  readonly #attributes: string

  /** @throws LatchstringError `invalid_option`, naming the option and what it takes. */
  constructor(options: CookieOptions = {}) {
    refuseUnknownOptions('cookie', options, ['name', 'sameSite'])
    this.#plainName = checkName(options.name ?? 'latchstring')
    this.#secureName = SECURE_PREFIX + this.#plainName
    this.#attributes = `; Path=/; HttpOnly; SameSite=${checkSameSite(options.sameSite ?? 'lax')}`
  }

  /** The token that a Cookie header presents, if there is exactly one cookie of our name and it can be one. */
  read(header: string | undefined, isSecure: boolean): PresentedCookie {
    const name = this.#nameFor(isSecure)
    if (header === undefined) return NONE
    const values = cookieValues(header, name)
    if (values.length > 1) return DUPLICATE
    const [token] = values
    return token !== undefined && isToken(token) ? { kind: 'token', token } : NONE
  }

  /** The Set-Cookie value that gives the browser its token; without `maxAge` (seconds) until it is closed. */
  issue(token: string, maxAge: number | null, isSecure: boolean): string {
    const age = maxAge === null ? '' : `; Max-Age=${Math.min(Math.floor(maxAge), LONGEST_MAX_AGE)}`
    return `${this.#nameFor(isSecure)}=${token}${this.#attributes}${age}${isSecure ? '; Secure' : ''}`
  }

  /** The Set-Cookie value that takes the token away, with the attributes that it was given with. */
  expire(isSecure: boolean): string {
    return this.issue('', 0, isSecure)
  }

  #nameFor(isSecure: boolean): string {
    return isSecure ? this.#secureName : this.#plainName
  }
}

/**
 * The values of all cookies of this name. Names are compared byte by byte, and only space and tab are trimmed: nothing
 * else may pass for it.
 */
export function cookieValues(header: string, name: string): string[] {
  const values: string[] = []
  // From one place to the next where the name stands: cutting the header up took 0.55 microseconds instead of 0.35.
  for (let at = header.indexOf(name); at >= 0; at = header.indexOf(name, at + name.length)) {
    if (!isPairStart(header, at)) continue
    const equals = skipBlanks(header, at + name.length)
    if (header[equals] === '=') values.push(valueFrom(header, equals + 1))
  }
  return values
}

/** Whether nothing but blanks stands between here and the end of the pair before. */
function isPairStart(header: string, at: number): boolean {
  let before = at - 1
  while (before >= 0 && isBlank(header.charCodeAt(before))) before--
  return before < 0 || header[before] === ';'
}

function skipBlanks(header: string, from: number): number {
  let at = from
  while (isBlank(header.charCodeAt(at))) at++
  return at
}

function valueFrom(header: string, from: number): string {
  const semicolon = header.indexOf(';', from)
  const start = skipBlanks(header, from)
  let end = semicolon < 0 ? header.length : semicolon
  while (end > start && isBlank(header.charCodeAt(end - 1))) end--
  return header.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

function checkName(name: unknown): string {
  if (typeof name === 'string' && COOKIE_NAME.test(name) && !/^__(host|secure|http)-/i.test(name)) return name
  throw new LatchstringError(
    'invalid_option',
    'cookie.name takes 1 to 64 letters, digits or hyphens, without a prefix such as __Host-, which is added over https',
  )
}

function checkSameSite(value: unknown): string {
  if (value === 'lax') return 'Lax'
  if (value === 'strict') return 'Strict'
  throw new LatchstringError(
    'invalid_option',
    "cookie.sameSite takes 'lax' or 'strict': with 'none' every other site could act for your users",
  )
}
