import { DEVICE_LIFETIME } from '../auth/knownDevices.ts'
import { PENDING_LIFETIME } from '../auth/pendingLogins.ts'
import { SessionCookies } from '../http/cookies.ts'
import type { CookieChanges } from './types.ts'

type Name = keyof CookieChanges

const NAMES: readonly Name[] = ['device', 'pending', 'form']

/** Milliseconds for which a browser keeps each; `null`: until it is closed. */
const LIFETIMES: Readonly<Record<Name, number | null>> = {
  device: DEVICE_LIFETIME,
  pending: PENDING_LIFETIME,
  form: null,
}

/** The cookies of accounts beside the session's. Each holds a random token and has the session's attributes. */
export class AccountCookies {
  readonly #cookies: Readonly<Record<Name, SessionCookies>>

  /** `name` is that of the session cookie, without its prefix. */
  constructor(name: string) {
    const cookies = (kind: Name) => new SessionCookies({ name: `${name}-${kind}` })
    this.#cookies = { device: cookies('device'), pending: cookies('pending'), form: cookies('form') }
  }

  read(name: Name, header: string | undefined, isSecure: boolean): string | null {
    const cookie = this.#cookies[name].read(header, isSecure)
    return cookie.kind === 'token' ? cookie.token : null
  }

  /** The Set-Cookie values of a response. */
  changes(changes: CookieChanges, isSecure: boolean): string[] {
    return NAMES.flatMap((name) => {
      const value = changes[name]
      if (value === undefined) return []
      return [value === null ? this.#cookies[name].expire(isSecure) : this.#issue(name, value, isSecure)]
    })
  }

  #issue(name: Name, value: string, isSecure: boolean): string {
    const lifetime = LIFETIMES[name]
    return this.#cookies[name].issue(value, lifetime === null ? null : lifetime / 1000, isSecure)
  }
}
