import { LatchstringError } from '../core/errors.ts'
import { type Answer, errorAnswer } from '../http/answer.ts'
import { isFormToken } from '../http/formToken.ts'
import type { Fields, RequestBody } from '../http/requestBody.ts'
import { STYLESHEET_HEADERS } from '../pages/headers.ts'
import { inputRefusal, page, type Reply, refusal } from './reply.ts'
import { respond, respondPlainly } from './respond.ts'
import { type Handler, matchRoute } from './router.ts'
import { ROUTES } from './table.ts'
import type { RouteAnswer, RouteContext, RouteRequest } from './types.ts'

/** The answer to a request, or `null` if its path is none of ours. */
export async function handleRoute(context: RouteContext, request: RouteRequest): Promise<RouteAnswer | null> {
  const { method, path } = request
  if (path === context.stylesheet.path && (method === 'GET' || method === 'HEAD')) return stylesheet(context)
  const match = matchRoute(ROUTES, method, path)
  if (match === null) return null
  if (match.kind === 'found')
    return answer(context, request, () => run(context, request, match.handler, match.id))
  const headers = { Allow: match.allow }
  return answer(context, request, async () => refusal('method_not_allowed', null, { headers }))
}

/** The start page, wherever the application puts it. */
export function answerHome(context: RouteContext, request: RouteRequest): Promise<RouteAnswer> {
  return answer(context, request, async () => page((pages, shown) => pages.home(shown)))
}

function stylesheet({ stylesheet: { text } }: RouteContext): RouteAnswer {
  return { status: 200, headers: STYLESHEET_HEADERS, body: text, cookies: {} }
}

async function run(
  context: RouteContext,
  request: RouteRequest,
  handler: Handler,
  id: string,
): Promise<Reply> {
  // Every answer counts as one to this session: its headers must not tell which users a handler found.
  request.visitor.exchange.status
  if (request.method !== 'POST') return handler(context, { ...request, fields: {}, id })
  const body = await request.readBody()
  if (body.kind === 'refused') return inputRefusal(body)
  if (!isOurForm(request, body)) return refusal('invalid_form')
  const { formToken: _, ...fields }: Fields = body.fields
  return handler(context, { ...request, fields, id })
}

/**
 * A form in a browser carries the token of the page that it was on. Programs that send forms have no page, and no
 * browser that somebody could trick.
 */
function isOurForm(
  { visitor, formCookie, isBrowser }: RouteRequest,
  { fields, isForm }: RequestBody & { kind: 'fields' },
): boolean {
  const { formToken } = fields
  if (!isForm || (formToken === undefined && !isBrowser)) return true
  const secret = visitor.exchange.session.token ?? formCookie
  return secret !== null && typeof formToken === 'string' && isFormToken(secret, formToken)
}

/**
 * A store that does not answer is told in words to people, by status and code to programs. What is a fault of the
 * program goes on to the framework's error handler, where its developers look.
 */
async function answer(
  context: RouteContext,
  request: RouteRequest,
  work: () => Promise<Reply>,
): Promise<RouteAnswer> {
  try {
    return await respond(context, request, await work())
  } catch (error) {
    const forPrograms = errorAnswer(error)
    if (!(error instanceof LatchstringError) || forPrograms.status === 500) throw error
    return failed(context, request, error, forPrograms)
  }
}

/** The page cannot know who is logged in while the store does not answer. */
function failed(
  context: RouteContext,
  request: RouteRequest,
  error: LatchstringError,
  forPrograms: Answer,
): RouteAnswer {
  if (!request.wantsPage) return { ...forPrograms, cookies: {} }
  const code = forPrograms.status === 503 && error.code !== 'not_completed' ? 'unavailable' : error.code
  return respondPlainly(context, request, forPrograms, code)
}
