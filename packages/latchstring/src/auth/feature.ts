import type { CredentialVersion } from '../core/engine.ts'
import type { EmitOf } from '../core/events.ts'
import type { Device } from '../core/payload.ts'
import type { ReliableStore } from '../core/reliableStore.ts'
import type { Sessions } from '../core/sessions.ts'
import type { Clock, RandomSource, Timers, UserId } from '../core/types.ts'
import type { Answer } from '../http/answer.ts'
import type { Exchange } from '../http/exchange.ts'
import type { BodyRequest } from '../http/requestBody.ts'
import type { AccountEvent } from './types.ts'

/** What an adapter lends to accounts. */
export interface AccountsHost {
  readonly sessions: Sessions
  readonly store: ReliableStore
  /** The deadline of one call to a store, in milliseconds. */
  readonly timeout: number
  readonly clock: Clock
  readonly random: RandomSource
  readonly timers: Timers
  readonly emit: EmitOf<AccountEvent>
  readonly isProduction: boolean
  /** The name of the session cookie, without its prefix. */
  readonly cookieName: string
}

/** A request of any framework. */
export interface AccountRequest {
  readonly method: string
  /** The path and the query, as they were sent. */
  readonly target: string
  readonly exchange: Exchange
  readonly device: Device
  /** Whether the client prefers a page to JSON. */
  readonly wantsPage: boolean
  readonly body: BodyRequest
}

export interface AccountAnswer extends Answer {
  /** Values of Set-Cookie headers beside the session's. */
  readonly setCookies: readonly string[]
}

export interface StartedAccounts {
  /** The answer to a request, or `null` if its path is none of ours. */
  handle(request: AccountRequest): Promise<AccountAnswer | null>
  /** The start page. */
  answerHome(request: AccountRequest): Promise<AccountAnswer>
  disableUser(id: UserId): Promise<boolean>
  enableUser(id: UserId): Promise<boolean>
  /** Resolves when no mail and no other work is left that nobody waits for. */
  settled(): Promise<void>
}

/** Accounts as an adapter takes them, so that an application without them does not load them. */
export interface AccountsFeature {
  readonly baseUrl: string | null
  readonly credentialVersion: CredentialVersion
  /** @throws LatchstringError `invalid_option` for what production does not run without. */
  start(host: AccountsHost): StartedAccounts
}
