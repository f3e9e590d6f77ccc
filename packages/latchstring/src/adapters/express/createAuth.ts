import type { StartedAccounts } from '../../auth/feature.ts'
import { type RecentOptions, refuseAnonymous, refuseStale } from '../../auth/guards.ts'
import type { AccountEvent } from '../../auth/types.ts'
import { type Duration, durationOption } from '../../core/duration.ts'
import { LatchstringError } from '../../core/errors.ts'
import { createEmit, type SessionEvent } from '../../core/events.ts'
import { refuseUnknownOptions } from '../../core/options.ts'
import { systemRandom } from '../../core/random.ts'
import { ReliableStore } from '../../core/reliableStore.ts'
import { Sessions } from '../../core/sessions.ts'
import { systemTimers } from '../../core/timers.ts'
import type { Store, UserId } from '../../core/types.ts'
import { SessionCookies } from '../../http/cookies.ts'
import { parseTrustedOrigins } from '../../http/crossOrigin.ts'
import type { HttpEvent } from '../../http/events.ts'
import type { Exchange, SessionStatus } from '../../http/exchange.ts'
import type { NodeResponse } from '../../http/nodeResponse.ts'
import type { Migration, MigrationSettings } from '../../migration/migration.ts'
import { afterConfirming, createGuard, type GuardPages } from './guard.ts'
import {
  endSession,
  type GenerateSessionOptions,
  generateSession,
  isMethodName,
  type SessionUser,
} from './login.ts'
import { createSessionMiddleware, type MiddlewareContext } from './middleware.ts'
import { createAuthOn, type MiddlewareAuth, type MiddlewareAuthOptions } from './onMiddleware.ts'
import { type AuthOptions, checkAuthOptions, storeOf } from './options.ts'
import { exchangeOf } from './request.ts'
import { createRoutes, type RoutesMiddleware } from './routes.ts'
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
  /**
   * Serves sign-up, login, recovery, devices and their pages, at the paths of docs/accounts.md; every other path
   * goes on. Needs the option `accounts`. Brings the session middleware along.
   * @throws LatchstringError `invalid_option` without accounts.
   * @example app.use(auth.routes())
   */
  routes(): RoutesMiddleware
  /** A start page that looks like the other pages: `app.get('/', auth.homePage)`. Needs the option `accounts`. */
  readonly homePage: RoutesMiddleware
  /**
   * Ends all sessions of a user and refuses their logins from now on. Tells whether there is such a user.
   * @throws LatchstringError `invalid_option` without accounts, `store_unavailable`.
   */
  disableUser(id: UserId): Promise<boolean>
  /** Lets a disabled user log in again. It brings no session back. */
  enableUser(id: UserId): Promise<boolean>
  /** How far the migration is that the option `migrate` asks for; `null` without it. */
  readonly migration: Pick<Migration, 'stats'> | null
  /** Resolves when the mails and other work are done that no response waits for: before a process ends. */
  settled(): Promise<void>
  /** Stops the regular purge of expired sessions. The store is yours to close. */
  close(): void
}

/**
 * Session authentication for Express 4 and 5: on sessions of our own, or, with the option `middleware`, a login on top
 * of an express-session that you keep.
 *
 * @throws LatchstringError `invalid_option`, naming the option and what it takes.
 * @example
 * const auth = createAuth({ store: sqliteStore('app.db') })
 * app.use(auth.sessionMiddleware)
 * app.get('/protected', auth.authenticate, (req, res) => res.json({ userId: req.session.userId }))
 */
export function createAuth<Req extends object, Res extends NodeResponse>(
  options: MiddlewareAuthOptions<Req, Res>,
): MiddlewareAuth<Req, Res>
export function createAuth(options?: AuthOptions): Auth
export function createAuth<Req extends object, Res extends NodeResponse>(
  options: AuthOptions | MiddlewareAuthOptions<Req, Res> = {},
): Auth | MiddlewareAuth<Req, Res> {
  return 'middleware' in options ? createAuthOn(options) : createOwnAuth(options)
}

function createOwnAuth(options: AuthOptions): Auth {
  checkAuthOptions(options)
  const context = createContext(options)
  const { sessions, accounts, migration } = context
  const loginPage = options.loginPage ?? (accounts === null ? null : '/login')
  const pages = { loginPage, reauthenticatePage: accounts === null ? loginPage : '/account/reauthenticate' }
  const sessionMiddleware = createSessionMiddleware(context)
  return {
    sessionMiddleware,
    authenticate: createGuard(context, refuseAnonymous, pages),
    generateSession: (request, user, given = {}) => generateSession(context, request, user, given),
    endSession: (request) => endSession(context, request),
    requireRecent: (given) => {
      const recent = recentOptions(given)
      const decide = (exchange: Exchange) => refuseStale(exchange, recent)
      return afterConfirming(context, createGuard(context, decide, pagesFor(recent, pages)))
    },
    sessionStatus: (request) => exchangeOf(context, request).status,
    sessions,
    routes: () => {
      const { handle } = required(accounts)
      return createRoutes(context, sessionMiddleware, handle)
    },
    homePage: createRoutes(context, sessionMiddleware, (request) => required(accounts).answerHome(request)),
    disableUser: async (id) => required(accounts).disableUser(id),
    enableUser: async (id) => required(accounts).enableUser(id),
    migration,
    settled: async () => accounts?.settled(),
    close: () => sessions.close(),
  }
}

/** The page asks for the password: nobody is sent there who needs another method. */
function pagesFor({ method }: RecentOptions, pages: GuardPages): GuardPages {
  return method === null || method === 'password' ? pages : { ...pages, reauthenticatePage: null }
}

function required(accounts: StartedAccounts | null): StartedAccounts {
  if (accounts !== null) return accounts
  throw new LatchstringError(
    'invalid_option',
    'this needs the option accounts: createAuth({ accounts: accounts({ users }) }), with accounts of latchstring/accounts',
  )
}

/** A misspelled or unusable `method` must not make a weaker guard without a word. */
function recentOptions(options: { within: Duration; method?: string }): RecentOptions {
  refuseUnknownOptions('requireRecent', options, ['within', 'method'])
  const { within, method } = options
  if (method === undefined || isMethodName(method))
    return { within: durationOption('within', within), method: method ?? null }
  throw new LatchstringError('invalid_option', "method takes the name of a login method, such as 'password'")
}

interface AuthContext extends MiddlewareContext {
  readonly accounts: StartedAccounts | null
}

function createContext(options: AuthOptions): AuthContext {
  const { NODE_ENV } = process.env
  const isProduction = options.production ?? NODE_ENV === 'production'
  const store = storeOf(options, isProduction)
  const { baseUrl = null, credentialVersion } = options.accounts ?? {}
  const sessions = new Sessions({
    ...(credentialVersion && { credentialVersion }),
    ...takeOverWindow(options),
    ...options,
    store,
  })
  const emit = createEmit<HttpEvent>(sessions.clock, options.onEvent)
  const warn = options.warn ?? console.warn
  const origins = baseUrl === null ? [] : [baseUrl]
  return {
    sessions,
    cookies: new SessionCookies(options.cookie),
    emit,
    isProduction,
    trustedOrigins: parseTrustedOrigins([...origins, ...(options.trustedOrigins ?? [])]),
    warn,
    migration: startMigration(options, { sessions, emit, warn }),
    accounts: startAccounts(options, sessions, { store, isProduction }),
  }
}

/** A dry run takes nothing over, and so writes nothing. */
function takeOverWindow({ migrate }: AuthOptions): { takeOverUntil?: number } {
  return migrate === undefined || migrate.dryRun === true ? {} : { takeOverUntil: migrate.until.getTime() }
}

function startMigration(
  { migrate, storeTimeout = '1s', timers = systemTimers }: AuthOptions,
  shared: Pick<MigrationSettings, 'sessions' | 'emit' | 'warn'>,
): Migration | null {
  if (migrate === undefined) return null
  const timeout = durationOption('storeTimeout', storeTimeout)
  return migrate.from.start(migrate, { ...shared, timers, timeout })
}

function startAccounts(
  {
    accounts,
    cookie,
    onEvent,
    storeTimeout = '1s',
    random = systemRandom,
    timers = systemTimers,
  }: AuthOptions,
  sessions: Sessions,
  { store, isProduction }: { store: Store; isProduction: boolean },
): StartedAccounts | null {
  if (accounts === undefined) return null
  const { clock } = sessions
  const emitSessionEvent = createEmit<SessionEvent>(clock, onEvent)
  const timeout = durationOption('storeTimeout', storeTimeout)
  return accounts.start({
    sessions,
    store: new ReliableStore(store, { timeout, timers, emit: emitSessionEvent }),
    timeout,
    clock,
    random,
    timers,
    emit: createEmit<AccountEvent>(clock, onEvent),
    isProduction,
    cookieName: cookie?.name ?? 'latchstring',
  })
}
