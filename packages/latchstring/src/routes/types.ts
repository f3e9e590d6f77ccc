import type { Accounts, Visitor } from '../auth/accounts.ts'
import type { Outbox } from '../auth/mail/outbox.ts'
import type { Language } from '../auth/types.ts'
import type { RandomSource } from '../core/types.ts'
import type { Answer } from '../http/answer.ts'
import type { RequestBody } from '../http/requestBody.ts'
import type { Pages } from '../pages/pages.ts'
import type { Texts } from '../pages/texts/types.ts'

/** What the routes work with. */
export interface RouteContext {
  readonly accounts: Accounts
  readonly appName: string
  readonly baseUrl: string
  readonly pages: Pages
  readonly texts: Readonly<Record<Language, Texts>>
  readonly stylesheet: Stylesheet
  /** The mails of development; `null` where they are really sent. */
  readonly outbox: Outbox | null
  readonly random: RandomSource
}

export interface Stylesheet {
  readonly path: string
  readonly text: string
}

/** A request as the routes see it, whatever the framework. */
export interface RouteRequest {
  readonly method: string
  /** As it was sent: nothing is decoded before the route is chosen. */
  readonly path: string
  readonly query: URLSearchParams
  readonly visitor: Visitor
  /** Whether the client prefers a page to JSON. */
  readonly wantsPage: boolean
  /** Whether the headers are some that only browsers send. */
  readonly isBrowser: boolean
  /** What binds a visitor's forms to their browser before there is a session. */
  readonly formCookie: string | null
  readonly readBody: () => Promise<RequestBody>
}

/** Cookies of ours beside the session's. `null` takes the cookie away. */
export interface CookieChanges {
  readonly device?: string | null
  readonly pending?: string | null
  readonly form?: string | null
}

export interface RouteAnswer extends Answer {
  readonly cookies: CookieChanges
}
