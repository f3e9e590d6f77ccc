import { createToken } from '../core/token.ts'
import { type Answer, jsonAnswer } from '../http/answer.ts'
import { createFormToken } from '../http/formToken.ts'
import { PAGE_HEADERS, TOKEN_PAGE_HEADERS } from '../pages/headers.ts'
import { errorView, problemMessage } from '../pages/problems.ts'
import type { Texts } from '../pages/texts/types.ts'
import type { PageContext, PageUser } from '../pages/types.ts'
import { clearSiteHeaders } from './clearSite.ts'
import type { Notice, PageProblem, Reply, ShownPage } from './reply.ts'
import type { CookieChanges, RouteAnswer, RouteContext, RouteRequest } from './types.ts'

/** The reply as its reader takes it: JSON for programs, pages and redirects for people. */
export async function respond(
  context: RouteContext,
  request: RouteRequest,
  reply: Reply,
): Promise<RouteAnswer> {
  // A token that is due for renewal is renewed first, so that forms are bound to the one that the browser gets.
  await request.visitor.exchange.settle()
  const cookies = { ...reply.cookies, ...formCookieAfterLogOut(context, request) }
  const whole = { ...reply, headers: { ...reply.headers, ...headersOfEnd(request, reply) }, cookies }
  const { page } = reply
  if (page.kind === 'redirect') return { ...redirectAnswer(request, whole, page), cookies }
  if (!request.wantsPage && reply.body !== null) return { ...programAnswer(whole, reply.body), cookies }
  return pageAnswer(context, request, whole, page)
}

/** Whatever ends the own session clears the site, as logging out does. */
function headersOfEnd(
  { method, visitor: { exchange } }: RouteRequest,
  { status }: Reply,
): Readonly<Record<string, string>> {
  const isEnd = method === 'POST' && status < 400 && exchange.isLoggedOut
  return isEnd ? clearSiteHeaders(exchange) : {}
}

/**
 * What forms were bound to before goes with the session.
 *
 * It also keeps the Back button from showing the account. Chromium 156 holds on to pages that must not be stored until
 * a cookie changes, and leaves one change out of account for the page that a login has led to: two must change.
 * https://developer.chrome.com/docs/web-platform/bfcache-ccns
 */
function formCookieAfterLogOut({ random }: RouteContext, { visitor }: RouteRequest): CookieChanges {
  return visitor.exchange.isLoggedOut ? { form: createToken(random) } : {}
}

function programAnswer({ status, headers }: Reply, body: object): Answer {
  return jsonAnswer(status, body, { Vary: 'Accept', ...headers })
}

function redirectAnswer(
  { wantsPage }: RouteRequest,
  reply: Reply,
  { location, notice }: { location: string; notice?: Notice },
): Answer {
  if (!wantsPage && reply.body !== null && !isRedirect(reply.status)) return programAnswer(reply, reply.body)
  const status = isRedirect(reply.status) ? reply.status : 303
  const query = notice === undefined ? '' : `?notice=${notice}`
  const headers = {
    Location: location + query,
    'Cache-Control': 'no-store',
    Vary: 'Accept',
    ...reply.headers,
  }
  return { status, headers, body: '' }
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400
}

async function pageAnswer(
  context: RouteContext,
  request: RouteRequest,
  { status, headers, cookies = {} }: Reply,
  shown: ShownPage,
): Promise<RouteAnswer> {
  const { secret, form } = formSecret(context, request, cookies)
  const pageContext = await contextOf(context, request, shown, createFormToken(secret, context.random))
  const body = shown.render(context.pages, pageContext)
  const base = shown.hasToken === true ? TOKEN_PAGE_HEADERS : PAGE_HEADERS
  const length = String(Buffer.byteLength(body))
  const allHeaders = { ...base, 'Content-Length': length, Vary: VARY, ...headers }
  return { status, headers: allHeaders, body, cookies: { ...cookies, ...form } }
}

const VARY = 'Accept, Accept-Language, Cookie'

/** What the forms of a page are bound to: the session, or else a cookie that is set along with the page. */
function formSecret(
  { random }: RouteContext,
  { visitor, formCookie }: RouteRequest,
  cookies: CookieChanges,
): { secret: string; form: CookieChanges } {
  const { token } = visitor.exchange.session
  if (token !== null) return { secret: token, form: {} }
  const secret = cookies.form ?? formCookie ?? createToken(random)
  return { secret, form: secret === formCookie ? {} : { form: secret } }
}

async function contextOf(
  context: RouteContext,
  request: RouteRequest,
  { problem }: ShownPage,
  formToken: string,
): Promise<PageContext> {
  const { language } = request.visitor
  const texts = context.texts[language]
  return {
    language,
    texts,
    appName: context.appName,
    stylesheetPath: context.stylesheet.path,
    user: await pageUser(context, request),
    formToken,
    notice: noticeOf(texts, request.query),
    problem:
      problem === undefined
        ? null
        : { message: messageOf(context, texts, problem), field: problem.field ?? null },
  }
}

/** For people, while nobody can tell who they are. */
export function respondPlainly(
  { pages, texts, appName, stylesheet }: RouteContext,
  { visitor: { language } }: RouteRequest,
  { status, headers }: Answer,
  code: string,
): RouteAnswer {
  const shown = texts[language]
  const context: PageContext = {
    language,
    texts: shown,
    appName,
    stylesheetPath: stylesheet.path,
    user: null,
    formToken: '',
    notice: null,
    problem: null,
  }
  const body = pages.message(context, errorView(shown, status, problemMessage(shown, code)))
  const { 'Retry-After': retryAfter } = headers
  const retry = retryAfter === undefined ? {} : { 'Retry-After': retryAfter }
  const length = String(Buffer.byteLength(body))
  return { status, headers: { ...PAGE_HEADERS, 'Content-Length': length, ...retry }, body, cookies: {} }
}

function messageOf({ accounts }: RouteContext, texts: Texts, { code, retryAfter }: PageProblem): string {
  const minLength = accounts.passwords.minimum
  return problemMessage(texts, code, { minLength, ...(retryAfter !== undefined && { retryAfter }) })
}

/** Only a name of ours becomes a notice: nobody writes on our pages by a link. */
function noticeOf({ notices }: Texts, query: URLSearchParams): string | null {
  const name = query.get('notice') ?? ''
  return isNotice(notices, name) ? notices[name] : null
}

function isNotice(notices: Texts['notices'], name: string): name is Notice {
  return Object.hasOwn(notices, name)
}

async function pageUser({ accounts }: RouteContext, { visitor }: RouteRequest): Promise<PageUser | null> {
  if (visitor.exchange.status !== 'active') return null
  const { userId } = visitor.exchange.session
  const user = userId === null ? null : await accounts.users.find(userId)
  return user === null ? null : { email: user.email, username: user.username }
}
