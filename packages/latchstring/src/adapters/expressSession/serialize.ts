/** Of a cookie: what a Set-Cookie value says. */
interface Attributes {
  readonly domain?: unknown
  readonly path?: unknown
  readonly expires?: unknown
  readonly httpOnly?: unknown
  readonly secure?: unknown
  readonly partitioned?: unknown
  readonly priority?: unknown
  readonly sameSite?: unknown
}

/** RFC 9110, section 5.6.2. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** Nothing that could begin another attribute or header. */
const ATTRIBUTE_VALUE = /^[\x20-\x3a\x3c-\x7e]+$/

/** Browsers keep a cookie for 400 days at most (RFC 6265bis, section 5.5). */
const LONGEST_SECONDS = 34_560_000

const SAME_SITE: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [true, 'Strict'],
  ['strict', 'Strict'],
  ['lax', 'Lax'],
  ['none', 'None'],
])
const PRIORITY: ReadonlyMap<unknown, string> = new Map([
  ['low', 'Low'],
  ['medium', 'Medium'],
  ['high', 'High'],
])

/**
 * A Set-Cookie value. `maxAge`, in milliseconds, goes beside `Expires` for browsers whose clock is wrong.
 * @throws TypeError for a name or attribute that no cookie can have.
 */
export function serializeCookie(
  name: string,
  value: string,
  attributes: Attributes,
  maxAge: number | null,
): string {
  if (!NAME.test(name)) throw new TypeError(`argument name is invalid: ${name}`)
  const { domain, path, expires, httpOnly, secure, partitioned, priority, sameSite } = attributes
  const seconds = expires instanceof Date && maxAge !== null ? secondsOf(maxAge) : null
  return [
    `${name}=${encodeURIComponent(value)}`,
    seconds === null ? '' : `; Max-Age=${seconds}`,
    domain ? `; Domain=${attributeValue('domain', domain)}` : '',
    path ? `; Path=${attributeValue('path', path)}` : '',
    expires ? `; Expires=${dateText(expires)}` : '',
    httpOnly ? '; HttpOnly' : '',
    secure ? '; Secure' : '',
    partitioned ? '; Partitioned' : '',
    priority ? `; Priority=${known('priority', PRIORITY, priority)}` : '',
    sameSite ? `; SameSite=${known('sameSite', SAME_SITE, sameSite)}` : '',
  ].join('')
}

function secondsOf(milliseconds: number): number {
  return Math.min(Math.max(Math.round(milliseconds / 1000), 0), LONGEST_SECONDS)
}

function attributeValue(name: string, value: unknown): string {
  if (typeof value === 'string' && ATTRIBUTE_VALUE.test(value)) return value
  throw new TypeError(`option ${name} is invalid: ${value}`)
}

function dateText(expires: unknown): string {
  if (expires instanceof Date && Number.isFinite(expires.valueOf())) return expires.toUTCString()
  throw new TypeError(`option expires is invalid: ${expires}`)
}

function known(name: string, texts: ReadonlyMap<unknown, string>, value: unknown): string {
  const text = texts.get(typeof value === 'string' ? value.toLowerCase() : value)
  if (text === undefined) throw new TypeError(`option ${name} is invalid: ${value}`)
  return text
}
