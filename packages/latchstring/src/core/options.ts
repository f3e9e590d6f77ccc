import { type Duration, durationOption } from './duration.ts'
import type { CredentialVersion } from './engine.ts'
import { LatchstringError } from './errors.ts'
import type { SessionEvent } from './events.ts'
import type { Lifetimes, Renewal } from './lifetime.ts'
import type { SessionLimit } from './limit.ts'
import type { Clock, RandomSource, Store, Timers } from './types.ts'

/** Options of sessions, whatever the framework. Every default is the safe one. */
export interface SessionsOptions {
  /** Where sessions live. */
  store: Store
  /** A session ends this long after the last request. Default `'12h'`. */
  idleTimeout?: Duration
  /** A session ends this long after its login, whatever the activity. Default `'7d'`; NIST SP 800-63B-4 allows 30 days. */
  absoluteTimeout?: Duration
  /** The absolute timeout of a remembered login, which has no idle timeout. Default `'30d'`. */
  rememberTimeout?: Duration
  /**
   * Replaces the token of a user's session regularly. The old token is accepted for the grace period
   * (default `'10s'`, at most `'30s'`) and leads to the same successor; after that it ends the session. Default: off.
   */
  renewal?: { every: Duration; grace?: Duration }
  /**
   * How many sessions a user may have at once: a number from 1 up. At the next login the oldest is revoked, or,
   * with the policy `'deny'`, the login is refused. Default: no limit.
   */
  maxSessionsPerUser?: number | { max: number; policy: 'revoke-oldest' | 'deny' }
  /** Deadline of one call to the store. Default `'1s'`. */
  storeTimeout?: Duration
  /**
   * How often expired sessions are removed from the store; what has expired is refused anyway. Default `'10m'`, or
   * never if the store drops them by itself, as `redisStore` does.
   */
  purgeEvery?: Duration
  /**
   * The current version of a user's credentials, which changes with every password change. Given this, a login
   * whose credentials changed while they were verified is refused. Default: not checked.
   */
  credentialVersion?: CredentialVersion
  /**
   * Sessions created before this moment (milliseconds since the epoch) are refused. It is asked at every
   * request, so that everybody can be logged out at once. Default: none is refused.
   */
  revokedBefore?: Clock
  /**
   * Until when (milliseconds since the epoch) sessions that live elsewhere are taken over. Default: none are.
   * `createAuth` sets it by `migrate`.
   */
  takeOverUntil?: number
  /** Is told what happens to sessions. What it throws is ignored: nobody's login waits for it. */
  onEvent?: (event: SessionEvent) => void
  /** For tests: the time, the random source and the timers. */
  clock?: Clock
  random?: RandomSource
  timers?: Timers
}

const LONGEST_GRACE = 30_000

/** The lifetimes that the options give. */
export function lifetimesOf(options: SessionsOptions): Lifetimes {
  return {
    idle: durationOption('idleTimeout', options.idleTimeout ?? '12h'),
    absolute: durationOption('absoluteTimeout', options.absoluteTimeout ?? '7d'),
    remember: durationOption('rememberTimeout', options.rememberTimeout ?? '30d'),
    renewal: options.renewal === undefined ? null : renewalOf(options.renewal),
  }
}

/**
 * The limit that an option gives.
 * @throws LatchstringError `invalid_option`
 */
export function limitOf(option: SessionsOptions['maxSessionsPerUser']): SessionLimit | null {
  if (option === undefined) return null
  const limit: SessionLimit = typeof option === 'number' ? { max: option, policy: 'revoke-oldest' } : option
  refuseUnknownOptions('maxSessionsPerUser', limit, ['max', 'policy'])
  const isCount = Number.isSafeInteger(limit.max) && limit.max > 0
  if (isCount && ['revoke-oldest', 'deny'].includes(limit.policy)) return limit
  throw new LatchstringError(
    'invalid_option',
    "maxSessionsPerUser takes a whole number from 1 up, or { max, policy: 'revoke-oldest' | 'deny' }",
  )
}

function renewalOf(options: { every: Duration; grace?: Duration }): Renewal {
  refuseUnknownOptions('renewal', options, ['every', 'grace'])
  const every = durationOption('renewal.every', options.every)
  const grace = durationOption('renewal.grace', options.grace ?? '10s')
  if (grace > LONGEST_GRACE) throw new LatchstringError('invalid_option', 'renewal.grace takes at most 30s')
  if (every < 2 * grace) {
    throw new LatchstringError('invalid_option', 'renewal.every takes at least twice the grace period')
  }
  return { every, grace }
}

/**
 * Refuses options that nobody reads, because they are misspelled or belong elsewhere.
 * @throws LatchstringError `invalid_option`, naming the option and those that exist.
 */
export function refuseUnknownOptions(place: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new LatchstringError('invalid_option', `${place} takes an object with ${known.join(', ')}`)
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw new LatchstringError(
    'invalid_option',
    `${place} has no option "${unknown}"; it takes ${known.join(', ')}`,
  )
}

const STORE_METHODS = ['read', 'write', 'remove', 'list', 'purge'] as const

/** @throws LatchstringError `invalid_option` for what is no store. */
export function checkStore(store: unknown): void {
  const methods: { readonly [K in keyof Store]?: unknown } =
    typeof store === 'object' && store !== null ? store : {}
  const missing = STORE_METHODS.find((name) => typeof methods[name] !== 'function')
  if (missing === undefined) return
  throw new LatchstringError(
    'invalid_option',
    `store takes a session store, for example sqliteStore('app.db'): what was given has no method ${missing}()`,
  )
}

/** Node's timers go off at once when they are given more than this. */
const LONGEST_TIMER = 2_147_483_647

/**
 * Milliseconds of a duration that a timer has to wait.
 * @throws LatchstringError `invalid_option`, naming the option and what it takes.
 */
export function timerOption(name: string, value: unknown): number {
  const milliseconds = durationOption(name, value)
  if (milliseconds <= LONGEST_TIMER) return milliseconds
  throw new LatchstringError('invalid_option', `${name} takes at most 24 days`)
}

/** @throws LatchstringError `invalid_option` unless the value has the methods of Timers or is absent. */
export function checkTimers(timers: unknown): void {
  if (timers === undefined) return
  const methods: { readonly [K in keyof Timers]?: unknown } =
    typeof timers === 'object' && timers !== null ? timers : {}
  if (typeof methods.schedule === 'function' && typeof methods.repeat === 'function') return
  throw new LatchstringError('invalid_option', 'timers takes an object with schedule() and repeat()')
}

/** @throws LatchstringError `invalid_option` unless the value is a function or absent. */
export function checkFunction(name: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return
  throw new LatchstringError('invalid_option', `${name} takes a function`)
}
