import { LatchstringError } from '../../core/errors.ts'
import { isObject } from '../../core/json.ts'

/** The session that a middleware like express-session gives a request. */
export interface GivenSession {
  userId?: unknown
  username?: unknown
  cookie?: unknown
  regenerate(callback: Callback): unknown
  save(callback: Callback): unknown
  destroy(callback: Callback): unknown
}

type Callback = (error?: unknown) => void
type Method = 'regenerate' | 'save' | 'destroy'

/** What the session knows of its cookie, besides how it is written. */
interface GivenCookie {
  expires: Date
  serialize(name: string, value: string): string
}

const METHODS: readonly Method[] = ['regenerate', 'save', 'destroy']

/**
 * The session of a request.
 * @throws LatchstringError `store_unavailable` if there is none: who it is, nobody knows.
 */
export function givenSession(request: object): GivenSession {
  const { session }: { readonly session?: unknown } = request
  if (isGivenSession(session)) return session
  throw new LatchstringError(
    'store_unavailable',
    "the request has no session: the middleware's store is not connected, or its cookie is for another path",
  )
}

function isGivenSession(session: unknown): session is GivenSession {
  return isObject(session) && METHODS.every((name) => typeof Reflect.get(session, name) === 'function')
}

/** Calls a method that takes a callback. */
export function call(session: GivenSession, method: Method): Promise<void> {
  return new Promise((resolve, reject) => {
    session[method]((error) => {
      if (error === undefined || error === null) resolve()
      else reject(error)
    })
  })
}

/** Its data go along, but nothing of the user's. */
export function dataOf(session: GivenSession): object {
  const { cookie: _, userId: __, username: ___, ...data } = session
  return data
}

/** The Set-Cookie value that takes the cookie of an ended session away, with the attributes that it was given with. */
export function expiringCookie(session: GivenSession, name: string): string | null {
  const { cookie } = session
  if (!isGivenCookie(cookie)) return null
  cookie.expires = new Date(0)
  return cookie.serialize(name, '')
}

function isGivenCookie(cookie: unknown): cookie is GivenCookie {
  return isObject(cookie) && typeof Reflect.get(cookie, 'serialize') === 'function'
}
