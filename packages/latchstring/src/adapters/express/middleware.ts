import { LatchstringError } from '../../core/errors.ts'
import { Exchange, type ExchangeContext } from '../../http/exchange.ts'
import type { RequestSession } from '../../http/requestSession.ts'
import { type GateKeeper, ResponseGate } from '../../http/responseGate.ts'
import { addSessionHeaders } from '../../http/sessionHeaders.ts'
import type { Migration } from '../../migration/migration.ts'
import { AttachedExchange } from './attached.ts'
import { once } from './once.ts'
import { createOriginCheck } from './originCheck.ts'
import { deviceOf, isSecure, otherMiddleware } from './request.ts'
import { EXCHANGE, type ExpressRequest, type ExpressResponse, type Middleware, type Next } from './types.ts'

/** What the session middleware works with. */
export interface MiddlewareContext extends ExchangeContext {
  readonly isProduction: boolean
  readonly trustedOrigins: ReadonlySet<string>
  readonly warn: (line: string) => void
  readonly migration: Migration | null
}

/** Gives every request its session, and keeps its response until the session is stored. */
export function createSessionMiddleware(context: MiddlewareContext): Middleware {
  const warnOfPlainHttp = once(() => context.warn(PLAIN_HTTP_WARNING))
  const refusesOrigin = createOriginCheck(context)
  return (request, response, next) => {
    const attached = request[EXCHANGE]
    if (attached !== undefined) return attached.belongsTo(context) ? next() : next(otherMiddleware())
    const looksSecure = isSecure(request)
    const secure = looksSecure || context.isProduction
    if (!looksSecure && context.isProduction) warnOfPlainHttp()
    if (refusesOrigin(request, response, secure)) return
    const exchange = attachExchange(context, request, response, secure)
    openThen(exchange, request, context, next)
  }
}

const PLAIN_HTTP_WARNING =
  "latchstring: a request in production arrived over plain http, and browsers drop the session cookie there. Behind a proxy that ends TLS, set app.set('trust proxy', 1) (the number of proxies); otherwise serve https."

function openThen(
  exchange: Exchange,
  request: ExpressRequest,
  { migration }: MiddlewareContext,
  next: Next,
): void {
  const openOther =
    migration === null
      ? undefined
      : (cookieHeader: string) => migration.open(cookieHeader, () => deviceOf(request))
  const opening = exchange.open(request.headers.cookie, openOther)
  if (opening === undefined) next()
  else opening.then(() => next(), next)
}

function attachExchange(
  context: MiddlewareContext,
  request: ExpressRequest,
  response: ExpressResponse,
  secure: boolean,
): Exchange {
  const exchange = new Exchange(context, secure, response)
  request[EXCHANGE] = new AttachedExchange(exchange, context)
  Object.defineProperty(request, 'session', SESSION_PROPERTY)
  new ResponseGate(response, new SessionKeeper(exchange, context, response))
  return exchange
}

/** Lets a response go when its session is stored, with the headers that it owes to it. */
class SessionKeeper implements GateKeeper {
  readonly #exchange: Exchange
  readonly #context: MiddlewareContext
  readonly #response: ExpressResponse

  constructor(exchange: Exchange, context: MiddlewareContext, response: ExpressResponse) {
    this.#exchange = exchange
    this.#context = context
    this.#response = response
  }

  settle(): Promise<void> | undefined {
    return this.#exchange.settle()
  }

  beforeHeaders(): void {
    addSessionHeaders(this.#response, this.#exchange.takeCookies(), this.#exchange.isRead)
  }

  failed(error: unknown): void {
    this.#context.warn(failureLine(error))
  }
}

function failureLine(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error)
  return `latchstring: a response could not be sent as it was written: ${reason}`
}

/** One property for all requests, instead of closures for each. */
const SESSION_PROPERTY: PropertyDescriptor & ThisType<ExpressRequest> = {
  configurable: true,
  enumerable: true,
  get(): RequestSession | undefined {
    return this[EXCHANGE]?.reveal().requestSession
  },
  set() {
    throw new LatchstringError(
      'reserved_key',
      'req.session cannot be replaced: assign its keys, or end it with await auth.endSession(req)',
    )
  },
}
