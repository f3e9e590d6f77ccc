import { LatchstringError } from '../core/errors.ts'
import { type Answer, errorAnswer, jsonAnswer } from '../http/answer.ts'
import type { Exchange } from '../http/exchange.ts'

/** How recently, and by which method, a user must have proved who they are. */
export interface RecentOptions {
  /** Milliseconds. */
  readonly within: number
  readonly method: string | null
}

/** What a guard decides: `null` lets the request pass. */
export type Refusal = Answer | null

/** Lets a request with a logged-in user pass. A store that does not answer is no answer to "who is it?". */
export function refuseAnonymous(exchange: Exchange): Refusal {
  if (exchange.status === 'active') return null
  if (exchange.status === 'unknown') return unknownAnswer()
  return jsonAnswer(401, { message: 'Not authenticated' })
}

/** Lets a request pass whose user authenticated recently. The refusal is that of RFC 9470, section 3. */
export function refuseStale(exchange: Exchange, options: RecentOptions): Refusal {
  const refusal = refuseAnonymous(exchange)
  if (refusal !== null || isRecent(exchange, options)) return refusal
  const body = { message: 'Authenticate again to go on', code: STEP_UP }
  return jsonAnswer(401, body, { 'WWW-Authenticate': stepUpChallenge(options.within) })
}

/** An authentication of a far future counts as little as an old one: a clock that was set back makes nothing recent. */
export function isRecent(exchange: Exchange, { within, method }: RecentOptions): boolean {
  return exchange.session.authentications.some(
    (authentication) =>
      Math.abs(exchange.now - authentication.at) < within &&
      (method === null || authentication.method === method),
  )
}

const STEP_UP = 'insufficient_user_authentication'

/** The header WWW-Authenticate that asks for a newer authentication; `within` in milliseconds. */
export function stepUpChallenge(within: number): string {
  return `Session error="${STEP_UP}", max_age=${Math.floor(within / 1000)}`
}

function unknownAnswer(): Answer {
  return errorAnswer(new LatchstringError('store_unavailable', 'the session could not be read'))
}
