import type { Cookie } from './cookie.ts'
import type { Tracked } from './tracked.ts'

/** What a session holds beside what the application sees. A class for the reason that `Tracked` is one. */
export class Inside {
  cookie: Cookie
  tracked: Tracked | null = null

  constructor(cookie: Cookie) {
    this.cookie = cookie
  }
}

/** Found through whatever an application wraps a session in, unlike a private member or an entry of a WeakMap. */
const INSIDE: unique symbol = Symbol('latchstring.inside')

interface Filled {
  readonly [INSIDE]: Inside
}

export function fill(session: object, cookie: Cookie): void {
  Object.defineProperty(session, INSIDE, { value: new Inside(cookie) })
}

export function insideOf(session: object): Inside {
  if (isFilled(session)) return session[INSIDE]
  throw new TypeError('this is no session of latchstring/express-session')
}

function isFilled(session: object): session is Filled {
  return INSIDE in session
}
