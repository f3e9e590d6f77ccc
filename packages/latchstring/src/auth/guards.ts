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
export function refuseStale(exchange: Exchange, { within, method }: RecentOptions): Refusal {
  const refusal = refuseAnonymous(exchange)
  if (refusal !== null) return refusal
  const oldest = exchange.now - within
  const isRecent = exchange.session.authentications.some(
    (authentication) => authentication.at > oldest && (method === null || authentication.method === method),
  )
  return isRecent ? null : stepUpAnswer(within)
}

function stepUpAnswer(within: number): Answer {
  const code = 'insufficient_user_authentication'
  const challenge = `Session error="${code}", max_age=${Math.floor(within / 1000)}`
  return jsonAnswer(401, { message: 'Authenticate again to go on', code }, { 'WWW-Authenticate': challenge })
}

function unknownAnswer(): Answer {
  return errorAnswer(new LatchstringError('store_unavailable', 'the session could not be read'))
}
