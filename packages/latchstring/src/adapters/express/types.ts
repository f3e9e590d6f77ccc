import type { IncomingMessage } from 'node:http'
import type { SessionOfRequest } from '../../http/expressRequest.ts'
import type { NodeResponse } from '../../http/nodeResponse.ts'
import type { RequestSession } from '../../http/requestSession.ts'
import type { AttachedExchange } from './attached.ts'

/** Where the exchange of a request is kept, out of reach of names that the application uses. */
export const EXCHANGE: unique symbol = Symbol('latchstring.exchange')

/** What this adapter uses of a request: Express 4 and 5 have it all, node:http and node:http2 the rest. */
export interface ExpressRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly originalUrl?: string
  readonly headers: IncomingMessage['headers']
  readonly socket: { readonly remoteAddress?: string | undefined; readonly encrypted?: boolean }
  /** Express: whether the request came over TLS, by its own `trust proxy` setting. */
  readonly secure?: boolean
  /** Express: the client's address, by its own `trust proxy` setting. */
  readonly ip?: string | undefined
  /** Express: which of these types the client prefers. */
  accepts?(types: string[]): string | false
  readonly app?: { get(setting: string): unknown }
  session?: RequestSession
  [EXCHANGE]?: AttachedExchange
}

export interface ExpressResponse extends NodeResponse {}

export type Next = (error?: unknown) => void

/** A middleware for Express 4 and 5, and for anything else that calls `(request, response, next)`. */
export type Middleware = (request: ExpressRequest, response: ExpressResponse, next: Next) => void

declare global {
  namespace Express {
    interface LatchstringSessions {
      express: RequestSession
    }
    interface Request {
      /** The session of this request. Throws a LatchstringError while the store does not answer. */
      session: SessionOfRequest
    }
  }
}
