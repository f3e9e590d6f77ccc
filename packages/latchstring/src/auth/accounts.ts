import type { EmitOf } from '../core/events.ts'
import type { Device } from '../core/payload.ts'
import type { Sessions } from '../core/sessions.ts'
import type { Clock } from '../core/types.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Activity } from './activity.ts'
import type { Background } from './background.ts'
import type { Backoff } from './backoff.ts'
import type { KnownDevices } from './knownDevices.ts'
import type { Notices } from './notices.ts'
import type { OneTimeTokens } from './oneTimeTokens.ts'
import type { Passwords } from './passwords/passwords.ts'
import type { PendingLogins } from './pendingLogins.ts'
import type { Throttle } from './throttle.ts'
import type { AccountEvent, Language, LoginMethod, Users } from './types.ts'

/** Everything that the flows of accounts work with. */
export interface Accounts {
  readonly users: Users
  readonly sessions: Sessions
  readonly passwords: Passwords
  readonly methods: readonly LoginMethod[]
  readonly throttle: Throttle
  readonly backoff: Backoff
  readonly tokens: OneTimeTokens
  readonly knownDevices: KnownDevices
  readonly pendingLogins: PendingLogins
  readonly activity: Activity
  readonly notices: Notices
  /** What no answer waits for. */
  readonly background: Background
  readonly clock: Clock
  readonly emit: EmitOf<AccountEvent>
  /** Whether an email address must be proved before its first login, and answers never tell who has an account. */
  readonly isPrivate: boolean
}

/** Whoever sends a request, as far as accounts care. */
export interface Visitor {
  readonly exchange: Exchange
  readonly device: Device
  /** The token of the browser, if it was seen before. */
  readonly deviceToken: string | null
  /** The token of a login whose second factor is missing. */
  readonly pendingToken: string | null
  /** For the mails that this request causes. */
  readonly language: Language
}
