import type { EventEmitter } from 'node:events'
import { systemClock } from '../../core/clock.ts'
import { type Duration, durationOption } from '../../core/duration.ts'
import { checkFunction, checkTimers, timerOption } from '../../core/options.ts'
import { systemRandom } from '../../core/random.ts'
import { systemTimers } from '../../core/timers.ts'
import type { Clock, RandomSource, Store as RowsStore, Timers } from '../../core/types.ts'
import { type CookieSecret, isCookieSecret } from '../../http/signedCookie.ts'
import type { CookieOptions } from './cookie.ts'
import type { ForeignStore } from './foreignCalls.ts'
import type { Lifetimes } from './lifetime.ts'
import type { SessionRequest } from './types.ts'

/** As a method is: it may name any type of request. */
type CookieFunction = { of(request: SessionRequest): CookieOptions }['of']

/** A store of express-session: an EventEmitter with `get`, `set` and `destroy`. */
export type ExpressStore = ForeignStore & Pick<EventEmitter, 'on'>

/** The options of express-session, with safer defaults where marked, and those of ours below. */
export interface SessionOptions {
  /** Signs the cookie; of several, the first signs and all are accepted. Use 32 random bytes. */
  secret?: CookieSecret | readonly CookieSecret[] | undefined
  /** The name of the cookie. Default `'connect.sid'`. */
  name?: string | undefined
  /** Another word for `name`. */
  key?: string | undefined
  /** Where sessions live: a store made for express-session, or one of ours. Default: memory. */
  store?: ExpressStore | RowsStore | undefined
  cookie?: CookieOptions | CookieFunction | undefined
  /** Makes the secret in the cookie of a new session. Default: random. */
  genid?(request: SessionRequest): string
  /** Writes sessions that nobody changed. Default `false` (express-session: `true`). */
  resave?: boolean | undefined
  /** Stores sessions with nothing in them. Default `false` (express-session: `true`). */
  saveUninitialized?: boolean | undefined
  /** Sets the cookie on every response. Default `false`. */
  rolling?: boolean | undefined
  /** What `req.session = null` does: `'destroy'` ends the session. Default `'keep'`. */
  unset?: 'keep' | 'destroy' | undefined
  /** Whether X-Forwarded-Proto is believed. Default: as Express' `trust proxy` says. */
  proxy?: boolean | undefined

  /** `'raw'` keeps the secret itself as the key of the store, as express-session does. Default `'hashed'`. */
  ids?: 'hashed' | 'raw'
  /** A session without `cookie.maxAge` ends this long after the last request. Default `'1d'`; `false`: never. */
  idleTimeout?: Duration | false
  /** A session ends this long after it began, or after `cookie.maxAge` if that is longer. Default `'30d'`; `false`: never. */
  absoluteTimeout?: Duration | false
  /** Deadline of one call to the store. Default `'5s'`. */
  storeTimeout?: Duration
  /** Goes on without `req.session` while the store says that it is disconnected, instead of 503. Default `false`. */
  failOpen?: boolean
  /** `false` takes `req.secret` of cookie-parser where no secret is given. Default `true`. */
  requireSecret?: boolean
  /** Keys by which somebody is logged in: when one appears, the session goes on under a new id. Default: none. */
  rotateOn?: readonly string[]
  /** Is given each line that explains a problem. Default: `console.warn`. */
  warn?: (line: string) => void
  /** For tests: the time, the random source and the timers. */
  clock?: Clock
  random?: RandomSource
  timers?: Timers
}

/** What the options say, checked. */
export interface Policy {
  readonly name: string
  /** Empty if each request has to bring its own. */
  readonly secrets: readonly CookieSecret[]
  readonly cookie: CookieOptions | CookieFunction
  readonly genid: ((request: SessionRequest) => unknown) | null
  readonly resave: boolean
  readonly saveUninitialized: boolean
  readonly rolling: boolean
  readonly unsetDestroys: boolean
  readonly proxy: boolean | undefined
  readonly hashesIds: boolean
  readonly lifetimes: Lifetimes
  /** Milliseconds. */
  readonly storeTimeout: number
  readonly failOpen: boolean
  readonly rotateOn: readonly string[]
  readonly isProduction: boolean
  readonly warn: (line: string) => void
  readonly clock: Clock
  readonly random: RandomSource
  readonly timers: Timers
}

/** @throws TypeError as express-session does, LatchstringError `invalid_option` for what is ours. */
export function policyOf(options: SessionOptions): Policy {
  checkOptions(options)
  const { NODE_ENV } = process.env
  return {
    name: options.name || options.key || 'connect.sid',
    secrets: secretsOf(options),
    cookie: options.cookie ?? {},
    genid: options.genid ?? null,
    resave: options.resave ?? false,
    saveUninitialized: options.saveUninitialized ?? false,
    rolling: Boolean(options.rolling),
    unsetDestroys: options.unset === 'destroy',
    proxy: options.proxy,
    hashesIds: options.ids !== 'raw',
    lifetimes: {
      idle: lengthOption('idleTimeout', options.idleTimeout ?? '1d'),
      absolute: lengthOption('absoluteTimeout', options.absoluteTimeout ?? '30d'),
    },
    storeTimeout: timerOption('storeTimeout', options.storeTimeout ?? '5s'),
    failOpen: options.failOpen ?? false,
    rotateOn: options.rotateOn ?? [],
    isProduction: NODE_ENV === 'production',
    warn: options.warn ?? console.warn,
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    timers: options.timers ?? systemTimers,
  }
}

function checkOptions({ genid, unset, ids, warn, clock, random, timers }: SessionOptions): void {
  if (genid && typeof genid !== 'function') throw new TypeError('genid option must be a function')
  if (unset && unset !== 'destroy' && unset !== 'keep') {
    throw new TypeError('unset option must be "destroy" or "keep"')
  }
  if (ids !== undefined && ids !== 'hashed' && ids !== 'raw') {
    throw new TypeError('ids option must be "hashed" or "raw"')
  }
  checkFunction('warn', warn)
  checkFunction('clock', clock)
  checkFunction('random', random)
  checkTimers(timers)
}

function lengthOption(name: string, value: Duration | false): number | null {
  return value === false ? null : durationOption(name, value)
}

function secretsOf({ secret, requireSecret = true }: SessionOptions): readonly CookieSecret[] {
  const secrets = isList(secret) ? secret : [secret]
  if (secrets.length === 0) {
    throw new TypeError('secret option array must contain one or more strings')
  }
  const given = secrets.filter(isCookieSecret)
  if (given.length > 0 || !requireSecret) return given
  throw new TypeError(
    'secret option required for sessions: 32 random bytes, kept outside of the code (requireSecret: false takes req.secret of cookie-parser)',
  )
}

function isList(secret: SessionOptions['secret']): secret is readonly CookieSecret[] {
  return Array.isArray(secret)
}
