import { createHmac, timingSafeEqual } from 'node:crypto'
import { parseObject } from '../core/json.ts'
import { refuseUnknownOptions } from '../core/options.ts'
import { cookieValues } from '../http/cookies.ts'
import type { CookieSecret } from '../http/signedCookie.ts'
import { Migration, type MigrationSettings } from './migration.ts'
import { checkName, expiringCookie, type OldCookieOptions, secretsOf } from './oldCookie.ts'
import type { OldSession, OldSessions } from './oldSessions.ts'
import type { MigrateOptions } from './options.ts'

/** The options that the old application gives to cookie-session. */
export interface CookieSessionOptions {
  /** All keys that old cookies may be signed with; or `secret` for one. */
  keys?: readonly CookieSecret[]
  secret?: CookieSecret
  /** Default `'session'`. */
  name?: string
  cookie?: OldCookieOptions
}

const PLACE = 'cookieSession'
const KNOWN_OPTIONS: readonly (keyof CookieSessionOptions)[] = ['keys', 'secret', 'name', 'cookie']

/** What browsers keep of one cookie at most. */
const LONGEST_COOKIE = 4_096
const SIGNATURE = /^[A-Za-z0-9_-]{27}$/

/**
 * The sessions of an application on cookie-session, for the option `migrate` of `createAuth`. They are all in the
 * browser, so nothing ends those that do not come: only the end of the window.
 *
 * @throws LatchstringError `invalid_option`, naming the option and what it takes.
 * @example
 * migrate: { from: cookieSession({ keys: [process.env.SESSION_KEY] }), until: new Date('2027-01-31') }
 */
export function cookieSession(options: CookieSessionOptions): OldSessions {
  refuseUnknownOptions(PLACE, options, KNOWN_OPTIONS)
  return new CookieSessions(options)
}

class CookieSessions implements OldSessions {
  readonly name: string
  readonly expiringCookies: readonly string[]
  readonly #keys: readonly CookieSecret[]

  constructor({ keys, secret, name, cookie = {} }: CookieSessionOptions) {
    this.name = checkName(PLACE, name ?? 'session')
    this.#keys = secretsOf(PLACE, 'keys', keys ?? secret)
    this.expiringCookies = [this.name, `${this.name}.sig`].map((each) => expiringCookie(PLACE, each, cookie))
  }

  find(cookieHeader: string): OldSession | null {
    const [value, ...others] = cookieValues(cookieHeader, this.name)
    const [signature, ...otherSignatures] = cookieValues(cookieHeader, `${this.name}.sig`)
    const isOne = others.length === 0 && otherSignatures.length === 0
    if (!isOne || value === undefined || signature === undefined) return null
    return this.#verify(value, signature) ? this.#session(value, signature) : null
  }

  /** They are in the browsers. */
  async count(): Promise<null> {
    return null
  }

  start(options: MigrateOptions, settings: MigrationSettings): Migration {
    return new Migration(options, settings)
  }

  #verify(value: string, signature: string): boolean {
    if (value.length > LONGEST_COOKIE || !SIGNATURE.test(signature)) return false
    return this.#keys.some((key) => isSame(signature, this.#sign(key, value)))
  }

  /** As keygrip does it for the package cookies: HMAC-SHA1 of the pair, in base64url. */
  #sign(key: CookieSecret, value: string): string {
    return createHmac('sha1', key).update(`${this.name}=${value}`).digest('base64url')
  }

  #session(value: string, signature: string): OldSession {
    const values = parseObject(Buffer.from(value, 'base64').toString())
    return {
      id: `${PLACE} ${this.name} ${value}`,
      secrets: [signature, ...this.#keys.map((key) => this.#sign(key, value))],
      read: async () => (values === null ? null : { values, endsAt: null, prolongedBy: null }),
      end: async () => {},
    }
  }
}

function isSame(given: string, expected: string): boolean {
  return given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected))
}
