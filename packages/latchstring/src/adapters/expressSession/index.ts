import { Cookie } from './cookie.ts'
import type * as members from './members.ts'
import { MemoryStore } from './memoryStore.ts'
import { createSessionMiddleware, type SessionMiddleware } from './middleware.ts'
import type { SessionOptions } from './options.ts'
import { Session } from './session.ts'
import { Store } from './store.ts'

export { LatchstringError, type LatchstringErrorCode } from '../../core/errors.ts'
export type { RegenerateOptions } from './actions.ts'
export type { CookieOptions } from './cookie.ts'
export type { UserSessions } from './keep.ts'
export type { MemoryStoreOptions } from './memoryStore.ts'
export type { SessionMiddleware } from './middleware.ts'
// Whole, so that `declare module 'latchstring/express-session'` finds what it adds to.
export * from './types.ts'
export type { SessionOptions }
export { Cookie, MemoryStore, Session, Store }

/** What `require` gives: the function, and the classes on it. */
interface ExpressSession {
  (options?: SessionOptions): SessionMiddleware
  readonly Store: typeof Store
  readonly Cookie: typeof Cookie
  readonly Session: typeof Session
  readonly MemoryStore: typeof MemoryStore
}

/**
 * Sessions with the interface of express-session.
 *
 * @throws TypeError as express-session does, LatchstringError `invalid_option` for the options of ours.
 * @example app.use(session({ secret: process.env.SESSION_SECRET, store: new RedisStore({ client }) }))
 */
const session: ExpressSession = Object.assign(
  (options?: SessionOptions) => createSessionMiddleware(options),
  { Store, Cookie, Session, MemoryStore },
)

/** The types as members, as programs written for express-session name them: `session.SessionData`. */
declare namespace session {
  export type SessionData = members.SessionData
  export type SessionOptions = members.SessionOptions
  export type CookieOptions = members.CookieOptions
  export type Store = members.Store
  export type Cookie = members.Cookie
  export type Session = members.Session
  export type MemoryStore = members.MemoryStore
}

export default session
export { session as 'module.exports' }
