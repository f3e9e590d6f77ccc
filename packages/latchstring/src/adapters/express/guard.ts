import type { Refusal } from '../../auth/guards.ts'
import type { Exchange, ExchangeContext } from '../../http/exchange.ts'
import { exchangeOf, sendAnswer, wantsPage } from './request.ts'
import type { ExpressRequest, Middleware } from './types.ts'

/** Where browsers are sent; `null`: nowhere. */
export interface GuardPages {
  readonly loginPage: string | null
  /** For those who are logged in, but not recently enough. */
  readonly reauthenticatePage: string | null
}

/** A middleware that lets pass what `decide` does not refuse; browsers go to the login page if there is one. */
export function createGuard(
  context: ExchangeContext,
  decide: (exchange: Exchange) => Refusal,
  pages: GuardPages,
): Middleware {
  return (request, response, next) => {
    const exchange = exchangeOf(context, request)
    const refusal = decide(exchange)
    if (refusal === null) return next()
    const page = exchange.status === 'active' ? pages.reauthenticatePage : pages.loginPage
    const isForBrowser = refusal.status === 401 && page !== null && wantsPage(request)
    if (isForBrowser) response.setHeader('Location', page + returnQuery(request))
    sendAnswer(
      response,
      isForBrowser ? { status: 303, headers: { 'Cache-Control': 'no-store' }, body: '' } : refusal,
    )
  }
}

/** What is worth a recent login must not rest on the answer of a cache. */
export function afterConfirming(context: ExchangeContext, guard: Middleware): Middleware {
  return (request, response, next) => {
    const confirming = exchangeOf(context, request).confirm()
    if (confirming === undefined) guard(request, response, next)
    else confirming.then(() => guard(request, response, next)).catch(next)
  }
}

/** Only what can be asked for again is worth returning to, and only on this site. */
function returnQuery(request: ExpressRequest): string {
  const path = request.originalUrl ?? request.url ?? '/'
  const isRepeatable = request.method === 'GET' || request.method === 'HEAD'
  return isRepeatable && /^\/(?![/\\])/.test(path) ? `?returnTo=${encodeURIComponent(path)}` : ''
}
