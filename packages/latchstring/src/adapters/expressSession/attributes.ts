import type { CookieOptions } from './cookie.ts'
import type { Policy } from './options.ts'
import { isSecure } from './secure.ts'
import type { SessionRequest } from './types.ts'

/** How the cookie of this request is to look, with everything decided that depends on the request. */
export function attributesFor({ cookie, proxy }: Policy, request: SessionRequest): CookieOptions {
  const given = givenFor(cookie, request)
  const { secure = 'auto', sameSite = 'lax' } = given
  const isOverTls = isSecure(request, proxy)
  return {
    ...given,
    secure: secure === 'auto' ? isOverTls : secure,
    sameSite: sameSite === 'auto' ? (isOverTls ? 'none' : 'lax') : sameSite,
  }
}

/** Under which path the cookie of this request counts. */
export function pathFor({ cookie }: Policy, request: SessionRequest): string {
  return givenFor(cookie, request).path ?? '/'
}

function givenFor(cookie: Policy['cookie'], request: SessionRequest): CookieOptions {
  return (typeof cookie === 'function' ? cookie(request) : cookie) ?? {}
}
