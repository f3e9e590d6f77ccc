import { cookieValues } from '../../http/cookies.ts'
import type { CookieSigner } from '../../http/signedCookie.ts'
import type { SessionRequest } from './types.ts'

/** More of one name than any browser sends without being made to; each may cost a look into the store. */
const MOST_TOKENS = 8

/**
 * The tokens that a request presents with a valid signature: those of the Cookie header, else what cookie-parser read.
 * There may be several of one name, set for other paths or domains or by somebody else: the caller tries them in turn.
 */
export function presentedTokens(request: SessionRequest, name: string, signer: CookieSigner): string[] {
  const tokens = fromHeader(request.headers.cookie ?? '', name, signer)
  return tokens.length > 0 ? tokens : fromCookieParser(request, name, signer)
}

function fromHeader(header: string, name: string, signer: CookieSigner): string[] {
  const tokens = cookieValues(header, name)
    .map((value) => signer.verify(decoded(unquoted(value))))
    .filter((token) => token !== null)
    .filter((token) => token !== '')
  return tokens.length < 2 ? tokens : [...new Set(tokens)].slice(0, MOST_TOKENS)
}

function fromCookieParser(
  { signedCookies, cookies }: SessionRequest,
  name: string,
  signer: CookieSigner,
): string[] {
  const signed = memberOf(signedCookies, name)
  if (signed !== null) return [signed]
  const plain = memberOf(cookies, name)
  const token = plain === null ? null : signer.verify(plain)
  return token ? [token] : []
}

function memberOf(cookies: unknown, name: string): string | null {
  if (typeof cookies !== 'object' || cookies === null || !Object.hasOwn(cookies, name)) return null
  const value: unknown = Reflect.get(cookies, name)
  return typeof value === 'string' && value !== '' ? value : null
}

function unquoted(value: string): string {
  return value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
}

function decoded(value: string): string {
  try {
    return value.includes('%') ? decodeURIComponent(value) : value
  } catch {
    return value
  }
}
