import { LatchstringError } from '../../core/errors.ts'
import type { Device } from '../../core/payload.ts'
import type { Answer } from '../../http/answer.ts'
import type { Exchange, ExchangeContext } from '../../http/exchange.ts'
import { EXCHANGE, type ExpressRequest, type ExpressResponse } from './types.ts'

const LONGEST_USER_AGENT = 256
/** More than any IP address with a zone or a port; a header can claim anything. */
const LONGEST_ADDRESS = 64

/**
 * The exchange that the session middleware of this `createAuth` gave the request.
 * @throws LatchstringError `middleware_missing`
 */
export function exchangeOf(context: ExchangeContext, request: ExpressRequest): Exchange {
  const attached = request[EXCHANGE]
  if (attached?.belongsTo(context)) return attached.reveal()
  throw attached === undefined ? middlewareMissing() : otherMiddleware()
}

function middlewareMissing(): LatchstringError {
  return new LatchstringError(
    'middleware_missing',
    'the session middleware has not run for this request: call app.use(auth.sessionMiddleware) before the routes',
  )
}

/** Two kinds of users in one request: whoever logged in as one must not pass for the other. */
export function otherMiddleware(): LatchstringError {
  return new LatchstringError(
    'middleware_missing',
    'this request has the session of another createAuth(): mount the session middleware of one only for each path',
  )
}

/** Express decides by its `trust proxy` setting; without Express only the socket counts. */
export function isSecure(request: ExpressRequest): boolean {
  return request.secure ?? request.socket.encrypted === true
}

export function deviceOf(request: ExpressRequest): Device {
  const userAgent = request.headers['user-agent']?.slice(0, LONGEST_USER_AGENT) ?? null
  return { address: addressOf(request)?.slice(0, LONGEST_ADDRESS) ?? null, userAgent }
}

/** With `trust proxy` set to true Express believes the left-most address, which any client can invent. */
function addressOf(request: ExpressRequest): string | undefined {
  const trustsAnybody = request.app?.get('trust proxy') === true
  return trustsAnybody ? request.socket.remoteAddress : (request.ip ?? request.socket.remoteAddress)
}

const JSON_TYPE = /^application\/json[ \t]*(;|$)/i

/**
 * Whether the client prefers a page to JSON: not if it sends JSON. Without Express nobody negotiates, and JSON is
 * the answer.
 */
export function wantsPage(request: ExpressRequest): boolean {
  const sendsJson = JSON_TYPE.test(request.headers['content-type'] ?? '')
  return !sendsJson && request.accepts?.(['json', 'html']) === 'html'
}

export function sendAnswer(response: ExpressResponse, { status, headers, body }: Answer): void {
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.end(body)
}
