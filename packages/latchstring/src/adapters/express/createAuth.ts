import { type RecentOptions, refuseAnonymous, refuseStale } from '../../auth/guards.ts'
import { type Duration, durationOption } from '../../core/duration.ts'
import { LatchstringError } from '../../core/errors.ts'
import { createEmit } from '../../core/events.ts'
import { refuseUnknownOptions } from '../../core/options.ts'
import { Sessions } from '../../core/sessions.ts'
import { SessionCookies } from '../../http/cookies.ts'
import { parseTrustedOrigins } from '../../http/crossOrigin.ts'
import type { HttpEvent } from '../../http/events.ts'
import type { SessionStatus } from '../../http/exchange.ts'
import { afterConfirming, createGuard } from './guard.ts'
import {
  endSession,
  type GenerateSessionOptions,
  generateSession,
  isMethodName,
  type SessionUser,
} from './login.ts'
import { createSessionMiddleware, type MiddlewareContext } from './middleware.ts'
import { type AuthOptions, checkAuthOptions, storeOf } from './options.ts'
import { exchangeOf } from './request.ts'
import type { ExpressRequest, Middleware } from './types.ts'

/** Session authentication for one Express application. */
export interface Auth {
  /** Gives every request its session. Mount it before the routes: `app.use(auth.sessionMiddleware)`. */
  readonly sessionMiddleware: Middleware
  /** Lets logged-in users pass, and answers everybody else 401 `{ message: 'Not authenticated' }`. */
  readonly authenticate: Middleware
  /**
   * Logs a user in under a new session token. The response waits until it is stored; `await` it to go on only
   * then.
   * @throws LatchstringError `invalid_argument` for a user without a usable id, `middleware_missing`,
   * `response_started`, `store_unavailable`.
   * @example auth.generateSession(req, { id: user.id, username: user.username })
   */
  generateSession(
    request: ExpressRequest,
    user: SessionUser,
    options?: GenerateSessionOptions,
  ): PromiseLike<void>
  /**
   * Logs the user out: the session is over on every node before the response leaves.
   * @throws LatchstringError `middleware_missing`, `store_unavailable`.
   */
  endSession(request: ExpressRequest): PromiseLike<void>
  /**
   * Lets users pass who authenticated within this time, by this method if one is named. Others are answered
   * 401 with the challenge of RFC 9470.
   * @example app.post('/account/delete', auth.requireRecent({ within: '10m' }), handler)
   */
  requireRecent(options: { within: Duration; method?: string }): Middleware
  /** Whether this request has a session; `'unknown'` while the store does not answer. For public pages. */
  sessionStatus(request: ExpressRequest): SessionStatus
  /** The sessions of any user: list, revoke, revokeOthers, revokeAll, purge. */
  readonly sessions: Pick<Sessions, 'list' | 'revoke' | 'revokeOthers' | 'revokeAll' | 'purge'>
  /** Stops the regular purge of expired sessions. The store is yours to close. */
  close(): void
}

/**
 * Session authentication for Express 4 and 5.
 *
 * @throws LatchstringError `invalid_option`, naming the option and what it takes.
 * @example
 * const auth = createAuth({ store: sqliteStore('app.db') })
 * app.use(auth.sessionMiddleware)
 * app.get('/protected', auth.authenticate, (req, res) => res.json({ userId: req.session.userId }))
 */
export function createAuth(options: AuthOptions = {}): Auth {
  checkAuthOptions(options)
  const context = createContext(options)
  const { sessions } = context
  const loginPage = options.loginPage ?? null
  return {
    sessionMiddleware: createSessionMiddleware(context),
    authenticate: createGuard(context, refuseAnonymous, loginPage),
    generateSession: (request, user, given = {}) => generateSession(context, request, user, given),
    endSession: (request) => endSession(context, request),
    requireRecent: (given) => {
      const recent = recentOptions(given)
      return afterConfirming(
        context,
        createGuard(context, (exchange) => refuseStale(exchange, recent), loginPage),
      )
    },
    sessionStatus: (request) => exchangeOf(context, request).status,
    sessions,
    close: () => sessions.close(),
  }
}

/** A misspelled or unusable `method` must not make a weaker guard without a word. */
function recentOptions(options: { within: Duration; method?: string }): RecentOptions {
  refuseUnknownOptions('requireRecent', options, ['within', 'method'])
  const { within, method } = options
  if (method === undefined || isMethodName(method))
    return { within: durationOption('within', within), method: method ?? null }
  throw new LatchstringError('invalid_option', "method takes the name of a login method, such as 'password'")
}

function createContext(options: AuthOptions): MiddlewareContext {
  const { NODE_ENV } = process.env
  const isProduction = options.production ?? NODE_ENV === 'production'
  const sessions = new Sessions({ ...options, store: storeOf(options, isProduction) })
  return {
    sessions,
    cookies: new SessionCookies(options.cookie),
    emit: createEmit<HttpEvent>(sessions.clock, options.onEvent),
    isProduction,
    trustedOrigins: parseTrustedOrigins(options.trustedOrigins ?? []),
    warn: options.warn ?? console.warn,
  }
}
