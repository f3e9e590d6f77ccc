import { isRecent, stepUpChallenge } from '../auth/guards.ts'
import { returnPath } from './input.ts'
import { REFUSALS, type RefusalCode } from './messages.ts'
import { type Reply, redirect } from './reply.ts'
import type { Handler } from './router.ts'

/** How long an authentication is good for what could take an account away, in milliseconds. */
const RECENT = 10 * 60_000

/** For those who are logged in; others are led to the login page, and from there back to `returnTo`. */
export function forUsers(returnTo: string, handler: Handler): Handler {
  return (context, request) => {
    // Throws while the store does not answer: unknown is not anonymous.
    const { userId } = request.visitor.exchange.session
    if (userId !== null) return handler(context, request)
    return sendAway('not_authenticated', '/login', returnTo)
  }
}

/** For those who authenticated a short time ago; others are asked to do so again, and led back to `returnTo`. */
export function forRecentUsers(returnTo: string, handler: Handler): Handler {
  return async (context, request) => {
    const { exchange } = request.visitor
    // What is worth a recent login must not rest on the answer of a cache.
    await exchange.confirm()
    return forUsers(returnTo, (...given) => {
      if (isRecent(exchange, { within: RECENT, method: null })) return handler(...given)
      const challenge = { 'WWW-Authenticate': stepUpChallenge(RECENT) }
      return sendAway('insufficient_user_authentication', '/account/reauthenticate', returnTo, challenge)
    })(context, request)
  }
}

function sendAway(
  code: RefusalCode,
  path: string,
  returnTo: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const { status, message } = REFUSALS[code]
  const location = `${path}?returnTo=${encodeURIComponent(returnTo)}`
  return { status, body: { message, code }, page: { kind: 'redirect', location }, headers }
}

/** Where a login leads that came from nowhere. */
export const HOME = '/account'

/** For those who are not logged in; the others have been here already and go on to their account. */
export function forVisitors(handler: Handler): Handler {
  return (context, request) =>
    request.visitor.exchange.status === 'active'
      ? redirect(returnPath(request, HOME))
      : handler(context, request)
}
