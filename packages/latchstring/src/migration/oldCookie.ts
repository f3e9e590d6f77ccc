import { LatchstringError } from '../core/errors.ts'
import { refuseUnknownOptions } from '../core/options.ts'
import { type CookieSecret, isCookieSecret } from '../http/signedCookie.ts'

/** Where the old cookie is set: only with both does a browser drop it. */
export interface OldCookieOptions {
  /** Default `'/'`. */
  path?: string
  /** Default: none. */
  domain?: string
}

/** RFC 6265bis: a cookie name is a token of RFC 9110, section 5.6.2. */
const COOKIE_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$/
const ATTRIBUTE = /^[!-:<-~]+$/

/** @throws LatchstringError `invalid_option` for what cannot be the name of a cookie. */
export function checkName(place: string, name: unknown): string {
  if (typeof name === 'string' && COOKIE_NAME.test(name)) return name
  throw new LatchstringError('invalid_option', `${place}: name takes the name of the old cookie`)
}

/**
 * The Set-Cookie value that takes a cookie out of the browser.
 * @throws LatchstringError `invalid_option`
 */
export function expiringCookie(place: string, name: string, options: OldCookieOptions): string {
  refuseUnknownOptions(`${place}: cookie`, options, ['path', 'domain'])
  const { path = '/', domain } = options
  if (!isAttribute(path) || (domain !== undefined && !isAttribute(domain)))
    throw new LatchstringError(
      'invalid_option',
      `${place}: cookie takes the path and domain of the old cookie`,
    )
  const where = `; Path=${path}${domain === undefined ? '' : `; Domain=${domain}`}`
  // Browsers refuse names with a prefix without it, also when they are to be dropped.
  const secure = /^__(host|secure)-/i.test(name) ? '; Secure' : ''
  return `${name}=${where}; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly${secure}`
}

function isAttribute(value: unknown): boolean {
  return typeof value === 'string' && ATTRIBUTE.test(value)
}

/** @throws LatchstringError `invalid_option` without a secret, as anybody could make such cookies. */
export function secretsOf(
  place: string,
  option: string,
  given: CookieSecret | readonly CookieSecret[] | undefined,
): readonly CookieSecret[] {
  const secrets = given === undefined || isList(given) ? (given ?? []) : [given]
  if (secrets.length > 0 && secrets.every(isCookieSecret)) return secrets
  throw new LatchstringError(
    'invalid_option',
    `${place}: ${option} takes the secret that the old cookies are signed with, or an array of them`,
  )
}

function isList(given: CookieSecret | readonly CookieSecret[]): given is readonly CookieSecret[] {
  return Array.isArray(given)
}
