import { type SignInUser, signIn } from '../../auth/signIn.ts'
import { LatchstringError } from '../../core/errors.ts'
import type { LoginOptions } from '../../core/login.ts'
import type { ExchangeContext } from '../../http/exchange.ts'
import { deviceOf, exchangeOf } from './request.ts'
import type { ExpressRequest } from './types.ts'

/** A user whose credentials the application has verified. */
export interface SessionUser extends SignInUser {}

export interface GenerateSessionOptions {
  /** Keeps the login for `rememberTimeout`, also when the browser is closed. Default `false`. */
  readonly remember?: boolean
  /** The login method, for `requireRecent` and the list of sessions. Default `'password'`. */
  readonly method?: string
}

export function generateSession(
  context: ExchangeContext,
  request: ExpressRequest,
  user: SessionUser,
  options: GenerateSessionOptions,
): PromiseLike<void> {
  requireUser(user)
  const exchange = exchangeOf(context, request)
  signIn(exchange, user, loginOptions(request, options))
  return inBackground(exchange.saveSoon())
}

export function endSession(context: ExchangeContext, request: ExpressRequest): PromiseLike<void> {
  const exchange = exchangeOf(context, request)
  exchange.end('logged_out')
  return inBackground(exchange.saveSoon())
}

function requireUser(user: unknown): void {
  if (typeof user === 'object' && user !== null && 'id' in user) return
  throw new LatchstringError(
    'invalid_argument',
    'generateSession(req, user) takes a user with an id: { id, username }',
  )
}

function loginOptions(request: ExpressRequest, options: GenerateSessionOptions): LoginOptions {
  const { remember = false, method = 'password' } = options
  if (typeof remember !== 'boolean')
    throw new LatchstringError(
      'invalid_argument',
      "remember takes true or false: convert what a form sends, for example req.body.remember === 'on'",
    )
  if (!isMethodName(method))
    throw new LatchstringError(
      'invalid_argument',
      "method takes the name of a login method, such as 'password'",
    )
  return { method, remember, device: deviceOf(request) }
}

export function isMethodName(method: unknown): method is string {
  return typeof method === 'string' && method !== ''
}

/** A handler need not wait: the response waits, and reports a failure. */
function inBackground(work: Promise<void>): PromiseLike<void> {
  work.catch(() => {})
  return work
}
