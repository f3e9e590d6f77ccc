import { jsonAnswer } from '../../http/answer.ts'
import { isCrossOrigin, isSafeMethod } from '../../http/crossOrigin.ts'
import type { MiddlewareContext } from './middleware.ts'
import { once } from './once.ts'
import { sendAnswer } from './request.ts'
import type { ExpressRequest, ExpressResponse } from './types.ts'

const LONGEST_ORIGIN = 100

/** Answers 403 to an unsafe request that another site made a browser send, and tells whether it did. */
export type OriginCheck = (request: ExpressRequest, response: ExpressResponse, isSecure: boolean) => boolean

export function createOriginCheck({ trustedOrigins, emit, warn }: MiddlewareContext): OriginCheck {
  const warnOnce = once((origin: string | undefined) => warn(refusalLine(origin)))
  return (request, response, isSecure) => {
    // Most requests end here, before anything is put together.
    if (isSafeMethod(request.method)) return false
    const { origin } = request.headers
    if (!isCrossOrigin({ ...originOf(request), isSecure }, trustedOrigins)) return false
    emit({ type: 'request.cross_origin', origin: origin ?? null })
    warnOnce(origin)
    sendAnswer(response, jsonAnswer(403, { message: 'Cross-origin request refused', code: 'cross_origin' }))
    return true
  }
}

function originOf({ headers, method = 'GET' }: ExpressRequest) {
  const fetchSite = [headers['sec-fetch-site'] ?? []].flat()
  return {
    method,
    // HTTP/2 has a pseudo header in place of Host.
    host: headers.host ?? [headers[':authority'] ?? []].flat()[0],
    origin: headers.origin,
    fetchSite: fetchSite.length === 0 ? undefined : fetchSite.join(', '),
  }
}

function refusalLine(origin: string | undefined): string {
  const from = origin === undefined ? 'another site' : JSON.stringify(origin.slice(0, LONGEST_ORIGIN))
  return `latchstring: refused a request that ${from} made a browser send. If that site is yours, add it to trustedOrigins; if it is this one, a proxy changes the Host header. Later refusals are only reported to onEvent.`
}
