import { LatchstringError } from '../core/errors.ts'
import { isObject } from '../core/json.ts'
import { refuseUnknownOptions } from '../core/options.ts'
import { cookieValues } from '../http/cookies.ts'
import { type CookieSecret, CookieSigner } from '../http/signedCookie.ts'
import { Migration, type MigrationSettings } from './migration.ts'
import { checkName, expiringCookie, type OldCookieOptions, secretsOf } from './oldCookie.ts'
import { OldRows, type OldStore } from './oldRows.ts'
import type { OldSession, OldSessions } from './oldSessions.ts'
import type { MigrateOptions } from './options.ts'

/** The options that the old application gives to express-session. */
export interface ExpressSessionOptions {
  /** One secret, or all that old cookies may be signed with. */
  secret: CookieSecret | readonly CookieSecret[]
  store: OldStore
  /** Default `'connect.sid'`. */
  name?: string
  /** Whether each response prolonged the old cookie. Default `false`. */
  rolling?: boolean
  cookie?: OldCookieOptions
}

const PLACE = 'expressSession'
const KNOWN_OPTIONS: readonly (keyof ExpressSessionOptions)[] = [
  'secret',
  'store',
  'name',
  'rolling',
  'cookie',
]

/** More than any generator of ids in use makes. */
const LONGEST_COOKIE = 1_024
/** Of one name. Each takes a signature for each secret. */
const MOST_COOKIES = 8

/**
 * The sessions of an application on express-session, for the option `migrate` of `createAuth`: with connect-redis,
 * connect-pg-simple or any other store.
 *
 * @throws LatchstringError `invalid_option`, naming the option and what it takes.
 * @example
 * const auth = createAuth({
 *   store,
 *   migrate: { from: expressSession({ secret, store: new RedisStore({ client }) }), until: new Date('2027-01-31') },
 * })
 */
export function expressSession(options: ExpressSessionOptions): OldSessions {
  refuseUnknownOptions(PLACE, options, KNOWN_OPTIONS)
  const { rolling = false } = options
  checkStore(options.store)
  if (typeof rolling !== 'boolean')
    throw new LatchstringError('invalid_option', `${PLACE}: rolling takes true or false`)
  return new ExpressSessions(options, rolling)
}

class ExpressSessions implements OldSessions {
  readonly name: string
  readonly expiringCookies: readonly string[]
  readonly #rows: OldRows
  readonly #signers: readonly CookieSigner[]

  constructor(options: ExpressSessionOptions, isRolling: boolean) {
    this.name = checkName(PLACE, options.name ?? 'connect.sid')
    this.expiringCookies = [expiringCookie(PLACE, this.name, options.cookie ?? {})]
    this.#rows = new OldRows(options.store, isRolling)
    this.#signers = secretsOf(PLACE, 'secret', options.secret).map((secret) => new CookieSigner([secret]))
  }

  /** Several cookies of the name are told apart by their signatures; of two that are right none is believed. */
  find(cookieHeader: string): OldSession | null {
    const values = cookieValues(cookieHeader, this.name).slice(0, MOST_COOKIES)
    const presented = values.flatMap((value) => this.#verify(decode(value)))
    const [first] = presented
    const isOne = presented.every(({ sid }) => sid === first?.sid)
    return first !== undefined && isOne ? this.#session(first) : null
  }

  count(): Promise<number | null> {
    return this.#rows.count()
  }

  start(options: MigrateOptions, settings: MigrationSettings): Migration {
    return new Migration(options, settings)
  }

  #verify(value: string): Presented[] {
    if (value.length > LONGEST_COOKIE) return []
    return this.#signers
      .map((signer) => ({ sid: signer.verify(value), signed: value }))
      .filter((presented) => isPresented(presented))
  }

  /** One id may have been signed by several of the secrets: each of these cookies leads to the same session. */
  #session({ sid, signed }: Presented): OldSession {
    let key = sid
    return {
      id: `${PLACE} ${this.name} ${sid}`,
      secrets: [signed, ...this.#signers.map((signer) => signer.sign(sid))],
      read: async () => {
        const found = await this.#rows.find(sid)
        if (found !== null) key = found.key
        return found?.data ?? null
      },
      end: () => this.#rows.end(key),
    }
  }
}

interface Presented {
  readonly sid: string
  /** The value of the cookie. */
  readonly signed: string
}

function isPresented(presented: { sid: string | null; signed: string }): presented is Presented {
  return presented.sid !== null
}

/** As express-session reads it: what is not percent-encoded rightly is taken as it is. */
function decode(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

function checkStore(store: unknown): void {
  const isStore =
    isObject(store) && ['get', 'destroy'].every((name) => typeof Reflect.get(store, name) === 'function')
  if (isStore) return
  throw new LatchstringError(
    'invalid_option',
    `${PLACE}: store takes the store of the old application, with get() and destroy(): it is where its sessions are`,
  )
}
