import type { Bucket } from './throttle.ts'

/** So many tries from the first one on, for one subject. */
export interface Limit {
  readonly name: string
  readonly max: number
  /** Milliseconds. */
  readonly window: number
}

export type LimitName =
  | 'login'
  | 'loginAddress'
  | 'knownDevice'
  | 'reauthentication'
  | 'signUp'
  | 'mailRecipient'
  | 'mailClient'
  | 'mailTotal'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/**
 * OWASP ASVS 5.0, 6.1.1 and 6.3.1, leaves the numbers to the application. These let a person mistype for a while, and
 * leave guessing hopeless: an address gets 10 tries at one account per quarter of an hour, an account 100 in a row.
 */
export const LIMITS: Readonly<Record<LimitName, Limit>> = {
  /** Tries to log in to one account from one address. */
  login: { name: 'login', max: 10, window: 15 * MINUTE },
  /** Failures to log in from one address, at whatever accounts. */
  loginAddress: { name: 'login_address', max: 100, window: HOUR },
  /** Tries from a browser that the account's owner has used before: what strangers use up does not count here. */
  knownDevice: { name: 'known_device', max: 10, window: 15 * MINUTE },
  /** Wrong passwords of somebody who is logged in, for one account and session. */
  reauthentication: { name: 'reauthentication', max: 10, window: 15 * MINUTE },
  signUp: { name: 'sign_up', max: 100, window: HOUR },
  /** Mails to one address, so that nobody is flooded with them. */
  mailRecipient: { name: 'mail_recipient', max: 3, window: HOUR },
  /** Mails that one client causes. */
  mailClient: { name: 'mail_client', max: 10, window: HOUR },
  mailTotal: { name: 'mail_total', max: 1_000, window: HOUR },
}

/** How often a code may be guessed for one pending login. */
export const CODE_ATTEMPTS = 5

/** How failures in a row slow one account's logins down. Durations in milliseconds. */
export interface BackoffLimit {
  /** So many failures cost no time. */
  readonly free: number
  /** After so many the password is disabled. */
  readonly max: number
  readonly firstDelay: number
  readonly longestDelay: number
}

/** NIST SP 800-63B-4 section 3.2.2 allows 100 consecutive failures, and then disables the authenticator. */
export const BACKOFF: BackoffLimit = { free: 10, max: 100, firstDelay: SECOND, longestDelay: HOUR }

/**
 * How long after the newest failure a row of failures is forgotten. While it costs no time yet it must not fill the
 * store with accounts that nobody has; later it is worth more than the place it takes.
 */
export const BACKOFF_MEMORY: Readonly<Record<'free' | 'delayed' | 'disabled', number>> = {
  free: 7 * DAY,
  delayed: 90 * DAY,
  disabled: 3_650 * DAY,
}

/** The limit for one subject, which may be named by several texts. */
export function bucketOf({ name, max, window }: Limit, ...subject: readonly string[]): Bucket {
  return { name, subject: JSON.stringify(subject), max, window }
}
