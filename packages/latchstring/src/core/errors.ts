/** Every code a {@link LatchstringError} can carry. */
export type LatchstringErrorCode =
  /** An option at set-up is missing, unknown or of the wrong kind. */
  | 'invalid_option'
  /** An argument of a call is of the wrong kind. */
  | 'invalid_argument'
  /** The session holds something that JSON cannot store. */
  | 'invalid_data'
  /** The application assigned a name that belongs to the session itself. */
  | 'reserved_key'
  /** The session middleware did not run before the call. */
  | 'middleware_missing'
  /** The response has begun, so that its session token can no longer change. */
  | 'response_started'
  /** The store failed, did not answer in time, or answered with garbage. */
  | 'store_unavailable'
  /** A bounded store has no room for another session. */
  | 'store_full'
  /** The store's schema is newer than this version of the package knows. */
  | 'store_schema'
  /** Too many other writers changed the session at the same time. */
  | 'conflict'
  /** The credentials changed between their verification and the login. */
  | 'credential_changed'
  /** Too much work of this kind is waiting: try again in a moment. */
  | 'overloaded'
  /** The user has as many sessions as allowed, and the policy is to deny. */
  | 'session_limit'
  /** A log-out could not be stored: the session may still be alive. */
  | 'not_completed'

/** The one error class of this package. `code` is stable; the message tells the fix. */
export class LatchstringError extends Error {
  override readonly name = 'LatchstringError'
  readonly code: LatchstringErrorCode

  constructor(code: LatchstringErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}
