import type { Visitor } from '../auth/accounts.ts'
import type { AccountRequest } from '../auth/feature.ts'
import { pickLanguage } from '../http/acceptLanguage.ts'
import { readFields } from '../http/requestBody.ts'
import { LANGUAGES } from '../pages/language.ts'
import type { AccountCookies } from './cookies.ts'
import type { RouteRequest } from './types.ts'

/** The request as the routes see it. */
export function routeRequest(cookies: AccountCookies, request: AccountRequest): RouteRequest {
  const { method, target, exchange, wantsPage, body } = request
  const { headers } = body
  const [path, query] = split(target)
  return {
    method,
    path,
    query: new URLSearchParams(query),
    visitor: visitorOf(cookies, request),
    wantsPage,
    isBrowser: headers.origin !== undefined || headers['sec-fetch-site'] !== undefined,
    formCookie: cookies.read('form', headers.cookie, exchange.isSecure),
    readBody: () => readFields(body),
  }
}

function split(target: string): [path: string, query: string] {
  const at = target.indexOf('?')
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)]
}

function visitorOf(cookies: AccountCookies, { exchange, device, body }: AccountRequest): Visitor {
  const { cookie, 'accept-language': acceptLanguage } = body.headers
  return {
    exchange,
    device,
    deviceToken: cookies.read('device', cookie, exchange.isSecure),
    pendingToken: cookies.read('pending', cookie, exchange.isSecure),
    language: pickLanguage(acceptLanguage, LANGUAGES, 'en'),
  }
}
