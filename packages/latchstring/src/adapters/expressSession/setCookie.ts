import type { CookieSigner } from '../../http/signedCookie.ts'
import { attributesFor } from './attributes.ts'
import type { Policy } from './options.ts'
import { isSecure } from './secure.ts'
import { serializeCookie } from './serialize.ts'
import type { Session } from './session.ts'
import { trackedOf } from './tracked.ts'
import type { Visit } from './visit.ts'
import type { Warnings } from './warnings.ts'

/** What the cookie of a response is made with. */
export interface CookieParts {
  readonly policy: Policy
  readonly signer: CookieSigner
  readonly warnings: Warnings
}

/**
 * The Set-Cookie value that a response owes to its session, if any.
 * @throws TypeError for a name or attribute that no cookie can have.
 */
export function setCookieFor(visit: Visit, parts: CookieParts): string | null {
  const session = visit.current
  if (session !== null && isDue(session, visit, parts.policy)) return issue(session, visit, parts)
  return session === null && visit.hasEndedPresented ? expire(visit, parts.policy) : null
}

function isDue(session: Session, visit: Visit, { saveUninitialized, rolling }: Policy): boolean {
  if (trackedOf(session).isGone) return false
  if (visit.isNew) return saveUninitialized || visit.isModified(session)
  return rolling || (session.cookie.expires != null && visit.isModified(session))
}

function issue({ cookie }: Session, visit: Visit, { policy, signer, warnings }: CookieParts): string | null {
  const token = visit.tokenOf(visit.request.sessionID)
  if (token === null) return null
  const isOverTls = isSecure(visit.request, policy.proxy)
  const { data, maxAge } = cookie
  const secure = data.secure === 'auto' ? isOverTls : data.secure
  if (secure && !isOverTls) {
    warnings.say('secureDropped')
    return null
  }
  if (data.sameSite === 'none' && !secure) warnings.say('noneWithoutSecure')
  return serializeCookie(policy.name, signer.sign(token), { ...data, secure }, maxAge)
}

function expire({ request }: Visit, policy: Policy): string | null {
  const attributes = attributesFor(policy, request)
  if (attributes.secure && !isSecure(request, policy.proxy)) return null
  const expired = { httpOnly: true, path: '/', ...attributes, expires: new Date(0) }
  return serializeCookie(policy.name, '', expired, 0)
}
