import { LatchstringError } from '../../core/errors.ts'
import type { UserId } from '../../core/types.ts'
import { withStatus } from '../../http/answer.ts'
import { ResponseGate } from '../../http/responseGate.ts'
import { CookieSigner, isCookieSecret } from '../../http/signedCookie.ts'
import { actionsOf } from './actions.ts'
import { pathFor } from './attributes.ts'
import { Departure, type DepartureParts } from './departure.ts'
import { type Kept, keepIn, type UserSessions } from './keep.ts'
import { type Policy, policyOf, type SessionOptions } from './options.ts'
import { prepareStore, readinessOf } from './prepareStore.ts'
import { presentedTokens } from './presented.ts'
import { isUnder } from './secure.ts'
import { trackedOf } from './tracked.ts'
import type { Next, SessionRequest, SessionResponse } from './types.ts'
import { Visit } from './visit.ts'
import { isShort, Warnings } from './warnings.ts'

/** The middleware, and what only stores of ours make possible. */
export interface SessionMiddleware {
  (request: SessionRequest, response: SessionResponse, next: Next): void
  /**
   * Goes on under a new id as the session of this user, and stores it: nobody who knew the old id is logged in.
   * @throws LatchstringError `invalid_argument`, `middleware_missing`, `response_started`, `store_unavailable`.
   * @example await sessions.login(req, user.id)
   */
  login(request: SessionRequest, userId: UserId): Promise<void>
  /** The public id of the session of a request, as `users.list` has it; `null` while nothing is stored. */
  publicId(request: SessionRequest): string | null
  /** The sessions of any user who came by `login`. Needs a store of ours. */
  readonly users: UserSessions
  /** Stops the regular purge of expired sessions. The store is yours to close. */
  close(): void
}

/**
 * Sessions with the interface of express-session.
 *
 * @throws TypeError as express-session does, LatchstringError `invalid_option` for the options of ours.
 * @example app.use(session({ secret: process.env.SESSION_SECRET, store: new RedisStore({ client }) }))
 */
export function createSessionMiddleware(options: SessionOptions = {}): SessionMiddleware {
  const policy = policyOf(options)
  const warnings = new Warnings(policy.warn)
  if (policy.secrets.some(isShort)) warnings.say('shortSecret')
  const kept = keepIn(options.store, policy, warnings)
  prepareStore(kept, policy)
  const handle = handlerOf({ policy, warnings, kept, isReady: readinessOf(kept.store) })
  return Object.assign(handle, {
    login: (request: SessionRequest, userId: UserId) => logIn(request, userId),
    publicId: (request: SessionRequest) => {
      const { current } = visitOf(request)
      return current === null ? null : (trackedOf(current).stored?.identity?.publicId ?? null)
    },
    users: kept.users,
    close: kept.close,
  })
}

interface Site {
  readonly policy: Policy
  readonly warnings: Warnings
  readonly kept: Kept
  readonly isReady: () => boolean
}

function handlerOf(site: Site): (request: SessionRequest, response: SessionResponse, next: Next) => void {
  const { policy, kept, isReady } = site
  const context = { policy, keeping: kept.keeping, ids: kept.ids }
  const ownParts = policy.secrets.length > 0 ? partsOf(site, new CookieSigner(policy.secrets)) : null
  return function session(request, response, next) {
    if (request.session) return next()
    if (!isUnder(pathFor(policy, request), request)) return next()
    if (!isReady()) return policy.failOpen ? next() : next(disconnected())
    const parts = ownParts ?? partsFor(site, request)
    if (parts === null) return next(new Error('secret option required for sessions'))
    request.sessionStore = kept.store
    const visit = new Visit(context, request)
    new ForgivingGate(response, new Departure(visit, parts, response, next))
    openThen(visit, presentedTokens(request, policy.name, parts.signer), next)
  }
}

/** A request without a session goes on at once, as it does in express-session. */
function openThen(visit: Visit, tokens: readonly string[], next: Next): void {
  if (tokens.length > 0) {
    visit.open(tokens).then(
      () => next(),
      (error) => next(withStatus(error)),
    )
    return
  }
  visit.begin()
  next()
}

/**
 * Made once, and not for each request: V8 took such objects for long-lived, and with them kept what each request had,
 * until the next full collection. Scavenges took 15 ms each instead of 6.
 */
function partsOf({ policy, warnings, kept }: Site, signer: CookieSigner): DepartureParts {
  return { policy, keeping: kept.keeping, warnings, signer }
}

/** Node crashes over a second end with a chunk; express-session forgives it. A first one that Node refuses is none. */
class ForgivingGate extends ResponseGate {
  #hasEnded = false

  override end(args: unknown[]): unknown {
    if (this.#hasEnded) return false
    const result = super.end(args)
    this.#hasEnded = true
    return result
  }
}

/** cookie-parser leaves its secret on the request. */
function partsFor(site: Site, { secret }: SessionRequest): DepartureParts | null {
  return isCookieSecret(secret) ? partsOf(site, new CookieSigner([secret])) : null
}

async function logIn(request: SessionRequest, userId: UserId): Promise<void> {
  try {
    await visitOf(request).logIn(userId)
  } catch (error) {
    throw withStatus(error)
  }
}

function visitOf(request: SessionRequest): Visit {
  const actions = actionsOf(request)
  if (actions instanceof Visit) return actions
  throw new LatchstringError(
    'middleware_missing',
    'the session middleware has not run for this request: call app.use(sessions) before the routes',
  )
}

function disconnected(): unknown {
  return withStatus(
    new LatchstringError(
      'store_unavailable',
      'the session store says that it is disconnected (failOpen: true lets requests go on without a session)',
    ),
  )
}
