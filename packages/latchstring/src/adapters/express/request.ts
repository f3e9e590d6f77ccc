import { LatchstringError } from '../../core/errors.ts'
import type { Device } from '../../core/payload.ts'
import type { Answer } from '../../http/answer.ts'
import type { Exchange } from '../../http/exchange.ts'
import { EXCHANGE, type ExpressRequest, type ExpressResponse } from './types.ts'

const LONGEST_USER_AGENT = 256

/**
 * The exchange of a request.
 * @throws LatchstringError `middleware_missing`
 */
export function exchangeOf(request: ExpressRequest): Exchange {
  const exchange = request[EXCHANGE]
  if (exchange !== undefined) return exchange
  throw new LatchstringError(
    'middleware_missing',
    'the session middleware has not run for this request: call app.use(auth.sessionMiddleware) before the routes',
  )
}

/** Express decides by its `trust proxy` setting; without Express only the socket counts. */
export function isSecure(request: ExpressRequest): boolean {
  return request.secure ?? request.socket.encrypted === true
}

export function deviceOf(request: ExpressRequest): Device {
  const userAgent = request.headers['user-agent']?.slice(0, LONGEST_USER_AGENT) ?? null
  return { address: addressOf(request) ?? null, userAgent }
}

/** With `trust proxy` set to true Express believes the left-most address, which any client can invent. */
function addressOf(request: ExpressRequest): string | undefined {
  const trustsAnybody = request.app?.get('trust proxy') === true
  return trustsAnybody ? request.socket.remoteAddress : (request.ip ?? request.socket.remoteAddress)
}

/** Whether the client would rather have a page: it names HTML, and does not name JSON before it. */
export function wantsPage(request: ExpressRequest): boolean {
  const accept = request.headers.accept ?? ''
  const html = accept.indexOf('text/html')
  const json = accept.indexOf('application/json')
  return html >= 0 && (json < 0 || html < json)
}

export function sendAnswer(response: ExpressResponse, { status, headers, body }: Answer): void {
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.end(body)
}
