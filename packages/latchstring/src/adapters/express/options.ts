import type { AuthEvent } from '../../auth/events.ts'
import type { AccountsFeature } from '../../auth/feature.ts'
import { LatchstringError } from '../../core/errors.ts'
import { checkFunction, refuseUnknownOptions, type SessionsOptions } from '../../core/options.ts'
import type { Store } from '../../core/types.ts'
import type { CookieOptions } from '../../http/cookies.ts'
import { checkMigrateOptions, type MigrateOptions } from '../../migration/options.ts'
import { memoryStore } from '../../stores/memory.ts'

/** Options of {@link createAuth}. None is needed in development; production needs a store. */
export interface AuthOptions extends Omit<SessionsOptions, 'store' | 'takeOverUntil' | 'onEvent'> {
  /** Where sessions live. Default: memory in development; production refuses to start without one. */
  store?: Store
  cookie?: CookieOptions
  /** Sign-up, login, recovery and their pages: `accounts({ users })` of `latchstring/accounts`. Default: none. */
  accounts?: AccountsFeature
  /** Takes over the sessions of an old application, so that nobody is logged out: docs/migration.md. Default: none. */
  migrate?: MigrateOptions
  /**
   * Path of the login page, to which `authenticate` sends browsers that ask for HTML. Default: `'/login'` with
   * accounts; else none, and always 401.
   */
  loginPage?: string
  /** Other origins that may send unsafe requests, such as `https://accounts.example.com`. Default: none. */
  trustedOrigins?: readonly string[]
  /** Whether cookies must be Secure whatever the request looks like. Default: `NODE_ENV === 'production'`. */
  production?: boolean
  /** Is told what happens to sessions and requests. What it throws is ignored. */
  onEvent?: (event: AuthEvent) => void
  /** Is given each line that explains a problem. Default: `console.warn`. */
  warn?: (line: string) => void
}

const KNOWN_OPTIONS: readonly (keyof AuthOptions)[] = [
  'store',
  'accounts',
  'idleTimeout',
  'absoluteTimeout',
  'rememberTimeout',
  'renewal',
  'maxSessionsPerUser',
  'storeTimeout',
  'purgeEvery',
  'credentialVersion',
  'revokedBefore',
  'migrate',
  'cookie',
  'loginPage',
  'trustedOrigins',
  'production',
  'onEvent',
  'warn',
  'clock',
  'random',
  'timers',
]

/** @throws LatchstringError `invalid_option`, naming the option and what it takes. */
export function checkAuthOptions(options: AuthOptions): void {
  refuseUnknownOptions('createAuth', options, KNOWN_OPTIONS)
  checkFunction('warn', options.warn)
  checkLoginPage(options.loginPage)
  checkAccounts(options.accounts)
  if (options.migrate !== undefined) checkMigrateOptions(options.migrate)
  if (options.production === undefined || typeof options.production === 'boolean') return
  throw new LatchstringError('invalid_option', 'production takes true or false')
}

/** Memory forgets every session at a restart and knows nothing of other processes: never by accident. */
export function storeOf(options: AuthOptions, isProduction: boolean): Store {
  if (options.store !== undefined) return options.store
  if (!isProduction) return memoryStore()
  throw new LatchstringError(
    'invalid_option',
    "store is required in production: createAuth({ store: sqliteStore('app.db') }) keeps sessions on disk",
  )
}

/** What a Location header can carry before the query that is added. */
const LOGIN_PAGE = /^\/(?![/\\])[!"$->@-~]*$/

function checkAccounts(accounts: unknown): void {
  if (accounts === undefined) return
  if (typeof accounts === 'object' && accounts !== null && 'start' in accounts) return
  throw new LatchstringError('invalid_option', 'accounts takes accounts({ users }) of latchstring/accounts')
}

function checkLoginPage(loginPage: unknown): void {
  if (loginPage === undefined || (typeof loginPage === 'string' && LOGIN_PAGE.test(loginPage))) return
  throw new LatchstringError('invalid_option', "loginPage takes a path on this site, such as '/login'")
}
