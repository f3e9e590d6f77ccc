import type { AccountAnswer, AccountRequest } from '../../auth/feature.ts'
import type { ExchangeContext } from '../../http/exchange.ts'
import type { BodyRequest } from '../../http/requestBody.ts'
import { deviceOf, exchangeOf, sendAnswer, wantsPage } from './request.ts'
import type { ExpressRequest, ExpressResponse, Middleware, Next } from './types.ts'

/** A request whose body can be read. */
export interface RoutesRequest extends ExpressRequest, Omit<BodyRequest, 'headers'> {}

/** A middleware that reads bodies too. */
export type RoutesMiddleware = (request: RoutesRequest, response: ExpressResponse, next: Next) => void

type Answerer = (request: AccountRequest) => Promise<AccountAnswer | null>

/** Answers what `answer` answers, with a session for each request, and lets everything else pass. */
export function createRoutes(
  context: ExchangeContext,
  sessionMiddleware: Middleware,
  answer: Answerer,
): RoutesMiddleware {
  return (request, response, next) =>
    sessionMiddleware(request, response, (error) => {
      if (error !== undefined) return next(error)
      serve(context, request, response, answer).then((isServed) => isServed || next(), next)
    })
}

async function serve(
  context: ExchangeContext,
  request: RoutesRequest,
  response: ExpressResponse,
  answer: Answerer,
): Promise<boolean> {
  const answered = await answer(accountRequest(context, request))
  if (answered === null) return false
  for (const cookie of answered.setCookies) response.appendHeader('Set-Cookie', cookie)
  sendAnswer(response, answered)
  return true
}

/** The whole path counts, wherever the routes are mounted: pages link to it. */
function accountRequest(context: ExchangeContext, request: RoutesRequest): AccountRequest {
  const { method = 'GET', originalUrl, url = '/' } = request
  return {
    method,
    target: originalUrl ?? url,
    exchange: exchangeOf(context, request),
    device: deviceOf(request),
    wantsPage: wantsPage(request),
    body: request,
  }
}
