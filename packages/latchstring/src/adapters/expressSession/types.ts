import type { IncomingMessage } from 'node:http'
import type { SessionOfRequest } from '../../http/expressRequest.ts'
import type { NodeResponse } from '../../http/nodeResponse.ts'
import type { Acting } from './actions.ts'
import type { Cookie } from './cookie.ts'
import type { Session } from './session.ts'
import type { Store } from './store.ts'

/**
 * What the application keeps in a session. Declare your keys by merging:
 *
 * ```ts
 * declare module 'latchstring/express-session' {
 *   interface SessionData { views?: number }
 * }
 * ```
 */
export interface SessionData {
  cookie: Cookie
}

/** What the middleware uses of a request: Express 4 and 5 have it all, node:http and socket.io's handshake enough. */
export interface SessionRequest extends Acting {
  readonly headers: IncomingMessage['headers']
  readonly url?: string | undefined
  readonly originalUrl?: string
  readonly socket?: { readonly encrypted?: boolean; readonly remoteAddress?: string | undefined } | undefined
  /** Express: whether the request came over TLS, by its own `trust proxy` setting. */
  readonly secure?: boolean
  /** Express: the client's address, by its own `trust proxy` setting. */
  readonly ip?: string | undefined
  /** cookie-parser: what it read from the header, and its secret. */
  readonly signedCookies?: unknown
  readonly cookies?: unknown
  readonly secret?: unknown
  session?: unknown
  sessionID?: string
  sessionStore?: unknown
}

export interface SessionResponse extends NodeResponse {
  /** HTTP/1: whether the connection stays open for another request. */
  shouldKeepAlive?: boolean
  /** HTTP/1: whether `close` has been emitted. */
  readonly closed?: boolean
  once(event: 'finish' | 'close', listener: () => void): unknown
}

export type Next = (error?: unknown) => void

declare global {
  namespace Express {
    interface LatchstringSessions {
      expressSession: Session & Partial<SessionData>
    }
    interface Request {
      /** The session of this request. */
      session: SessionOfRequest
      /** The key of the session in the store. */
      sessionID: string
      sessionStore: Store
    }
  }
}
