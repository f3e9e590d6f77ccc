import type { Cookie } from './cookie.ts'
import type { Tracked } from './tracked.ts'

/** What a session holds beside what the application sees. */
export interface Inside {
  cookie: Cookie
  tracked: Tracked | null
}

/** Found through whatever an application wraps a session in, unlike a private member or an entry of a WeakMap. */
const INSIDE: unique symbol = Symbol('latchstring.inside')

interface Filled {
  readonly [INSIDE]: Inside
}

export function fill(session: object, cookie: Cookie): void {
  const inside: Inside = { cookie, tracked: null }
  Object.defineProperty(session, INSIDE, { value: inside })
}

export function insideOf(session: object): Inside {
  if (isFilled(session)) return session[INSIDE]
  throw new TypeError('this is no session of latchstring/express-session')
}

function isFilled(session: object): session is Filled {
  return INSIDE in session
}
