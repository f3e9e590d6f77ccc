import { type Duration, durationOption } from '../../core/duration.ts'
import { LatchstringError } from '../../core/errors.ts'
import { checkFunction, refuseUnknownOptions } from '../../core/options.ts'
import { userIdText } from '../../core/user.ts'
import { type Answer, errorAnswer, jsonAnswer } from '../../http/answer.ts'
import type { NodeResponse } from '../../http/nodeResponse.ts'
import { call, dataOf, expiringCookie, givenSession } from './givenSession.ts'
import { HeldRequest } from './heldRequest.ts'
import type { SessionUser } from './login.ts'
import { sendAnswer } from './request.ts'
import type { Next } from './types.ts'

/** A middleware for the requests and responses of the given one. */
export type MiddlewareLike<Req, Res> = (request: Req, response: Res, next: Next) => void

/** Options of `createAuth` for an application that keeps its own express-session. */
export interface MiddlewareAuthOptions<Req extends object, Res extends NodeResponse> {
  /** What `session({ … })` of express-session or of `latchstring/express-session` returned. */
  middleware: MiddlewareLike<Req, Res>
  /** The name of its cookie. Default `'connect.sid'`. */
  cookieName?: string
  /** Deadline of one login or log-out. Default `'1s'`. */
  storeTimeout?: Duration
  /** Is given each line that explains a problem. Default: `console.warn`. */
  warn?: (line: string) => void
}

/** What can be given on top of a middleware that is not ours. */
export interface MiddlewareAuth<Req extends object, Res extends NodeResponse> {
  /** The given middleware, with responses that wait for logins. Mount this one. */
  readonly sessionMiddleware: MiddlewareLike<Req, Res>
  /** Lets logged-in users pass, and answers everybody else 401 `{ message: 'Not authenticated' }`. */
  readonly authenticate: (request: object, response: NodeResponse, next: Next) => void
  /**
   * Logs a user in under a new session id; the data go along unless another user was logged in. The response waits
   * until it is stored; `await` it to go on only then.
   * @throws LatchstringError `invalid_argument` for a user without a usable id, `middleware_missing`,
   * `response_started`, `store_unavailable`.
   * @example auth.generateSession(req, { id: user.id, username: user.username })
   */
  generateSession(request: object, user: SessionUser): PromiseLike<void>
  /**
   * Destroys the session, and takes the cookie away.
   * @throws LatchstringError `middleware_missing`, `response_started`, `not_completed`.
   */
  endSession(request: object): PromiseLike<void>
}

/** Members of Auth that need a store of ours, or a token that we made. */
const NOT_GIVEN = [
  'sessions',
  'requireRecent',
  'sessionStatus',
  'routes',
  'homePage',
  'disableUser',
  'enableUser',
  'migration',
]

/** @throws LatchstringError `invalid_option`, naming the option and what it takes. */
export function createAuthOn<Req extends object, Res extends NodeResponse>(
  options: MiddlewareAuthOptions<Req, Res>,
): MiddlewareAuth<Req, Res> {
  const auth = new AuthOnMiddleware(options)
  const given: MiddlewareAuth<Req, Res> = {
    sessionMiddleware: (request, response, next) => auth.open(request, response, next),
    authenticate: (request, response, next) => auth.authenticate(request, response, next),
    generateSession: (request, user, ...others: unknown[]) => auth.logIn(request, user, others),
    endSession: (request) => auth.logOut(request),
  }
  for (const name of NOT_GIVEN) Object.defineProperty(given, name, { get: () => refuse(name) })
  return given
}

class AuthOnMiddleware<Req extends object, Res extends NodeResponse> {
  readonly #middleware: MiddlewareLike<Req, Res>
  readonly #cookieName: string
  readonly #timeout: number
  readonly #warn: (line: string) => void
  readonly #held = new WeakMap<object, HeldRequest>()

  constructor(options: MiddlewareAuthOptions<Req, Res>) {
    const place = 'createAuth with the option middleware'
    refuseUnknownOptions(place, options, ['middleware', 'cookieName', 'storeTimeout', 'warn'])
    const { middleware, cookieName = 'connect.sid', storeTimeout = '1s', warn = console.warn } = options
    if (typeof middleware !== 'function')
      throw new LatchstringError(
        'invalid_option',
        'middleware takes what session({ … }) of express-session returns',
      )
    if (typeof cookieName !== 'string' || cookieName === '')
      throw new LatchstringError('invalid_option', "cookieName takes the name of the middleware's cookie")
    checkFunction('warn', warn)
    this.#middleware = middleware
    this.#cookieName = cookieName
    this.#timeout = durationOption('storeTimeout', storeTimeout)
    this.#warn = warn
  }

  /** Ours comes after the given one, so that its own work at the end of a response is held as well. */
  open(request: Req, response: Res, next: Next): void {
    this.#middleware(request, response, (error) => {
      if (error) return next(error)
      if (!this.#held.has(request)) this.#held.set(request, this.#hold(response))
      next()
    })
  }

  authenticate(request: object, response: NodeResponse, next: Next): void {
    const held = this.#heldOf(request)
    const decide = () => {
      const refusal = this.#refusalOf(request, held)
      if (refusal === null) next()
      else sendAnswer(response, refusal)
    }
    const settling = held.settle()
    if (settling === undefined) decide()
    else settling.then(decide).catch(next)
  }

  logIn(request: object, user: SessionUser, others: readonly unknown[]): PromiseLike<void> {
    requireUser(user)
    if (others.length > 0) throw new LatchstringError('invalid_option', NO_LOGIN_OPTIONS)
    const held = this.#heldOf(request)
    return inBackground(
      held.do(
        () => replaceSession(request, user),
        () => dropSession(request),
      ),
    )
  }

  logOut(request: object): PromiseLike<void> {
    const held = this.#heldOf(request)
    return inBackground(
      held.do(
        () => this.#destroy(request, held),
        () => dropSession(request),
      ),
    )
  }

  async #destroy(request: object, held: HeldRequest): Promise<void> {
    if (held.hasEnded) return
    try {
      const session = givenSession(request)
      await call(session, 'destroy')
      held.hasEnded = true
      const setCookie = expiringCookie(session, this.#cookieName)
      if (setCookie !== null) held.addCookie(setCookie)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new LatchstringError('not_completed', `the log-out was not stored: ${reason}`, { cause })
    }
  }

  #refusalOf(request: object, { hasEnded }: HeldRequest): Answer | null {
    try {
      if (!hasEnded && isUser(givenSession(request).userId)) return null
      return jsonAnswer(401, { message: 'Not authenticated' })
    } catch (error) {
      return errorAnswer(error)
    }
  }

  #hold(response: Res): HeldRequest {
    return new HeldRequest(response, this.#timeout, (error) => {
      const reason = error instanceof Error ? error.message : String(error)
      this.#warn(`latchstring: a response could not be sent as it was written: ${reason}`)
    })
  }

  #heldOf(request: object): HeldRequest {
    const held = this.#held.get(request)
    if (held !== undefined) return held
    throw new LatchstringError(
      'middleware_missing',
      'the session middleware has not run for this request: call app.use(auth.sessionMiddleware), with the one of createAuth in place of yours',
    )
  }
}

/** The new session is stored by itself: nothing must be left to chance at the end of the response. */
async function replaceSession(request: object, { id, username }: SessionUser): Promise<void> {
  const old = givenSession(request)
  const isOther = isUser(old.userId) && String(old.userId) !== String(id)
  const data = isOther ? {} : dataOf(old)
  await call(old, 'regenerate')
  const session = givenSession(request)
  Object.assign(session, data, { userId: id }, typeof username === 'string' && { username })
  await call(session, 'save')
}

/** A login that failed must not be stored after all, by the middleware's own work at the end of the response. */
function dropSession(request: object): void {
  Object.assign(request, { session: null })
}

function isUser(userId: unknown): boolean {
  return userId !== undefined && userId !== null
}

function requireUser(user: unknown): void {
  const { id }: { readonly id?: unknown } = typeof user === 'object' && user !== null ? user : {}
  userIdText(id)
  if (typeof id !== 'bigint') return
  throw new LatchstringError(
    'invalid_argument',
    'express-session stores JSON, which has no bigint: generateSession(req, { id: String(user.id) })',
  )
}

const NO_LOGIN_OPTIONS =
  'generateSession(req, user) takes no options on a middleware of yours: the login method and how long a session lives are known to sessions of createAuth({ store }) only'

function refuse(name: string): never {
  throw new LatchstringError(
    'invalid_option',
    `auth.${name} needs sessions of our own: createAuth({ store }) in place of createAuth({ middleware }), see docs/migration.md`,
  )
}

/** A handler need not wait: the response waits, and reports a failure. */
function inBackground(work: Promise<void>): PromiseLike<void> {
  work.catch(() => {})
  return work
}
