import { createHmac, createSecretKey, KeyObject, timingSafeEqual } from 'node:crypto'
import { Recent } from '../core/recent.ts'

/** That of some 10,000 cookies. */
const REMEMBERED_CHARACTERS = 1_000_000

/** What a cookie is signed with. */
export type CookieSecret = string | Uint8Array | KeyObject

/** Whether this is a secret, and not an empty one, with which anybody could sign. */
export function isCookieSecret(value: unknown): value is CookieSecret {
  if (typeof value === 'string') return value !== ''
  if (value instanceof Uint8Array) return value.byteLength > 0
  return value instanceof KeyObject && value.type === 'secret' && value.symmetricKeySize !== 0
}

/**
 * Signed cookie values as `express-session` and `cookie-parser` write them: `s:<value>.<signature>`, the signature
 * being HMAC-SHA256 in base64 without its padding.
 */
export class CookieSigner {
  readonly #keys: readonly KeyObject[]
  /** Values by what was found to be signed. An HMAC costs a request 3 microseconds, and a browser sends the same again. */
  readonly #verified = new Recent<string>(REMEMBERED_CHARACTERS)

  /** The first secret signs; each of them verifies. */
  constructor(secrets: readonly CookieSecret[]) {
    this.#keys = secrets.map(keyOf)
  }

  sign(value: string): string {
    const [key] = this.#keys
    if (key === undefined) throw new TypeError('a cookie cannot be signed without a secret')
    return `s:${value}.${signature(key, value)}`
  }

  /** The value that was signed, or `null` if none of the secrets signed it. */
  verify(signed: string): string | null {
    const known = this.#verified.get(signed)
    if (known !== undefined) return known
    const value = this.#verifyNow(signed)
    if (value !== null) this.#verified.set(signed, value, signed.length)
    return value
  }

  #verifyNow(signed: string): string | null {
    const end = signed.lastIndexOf('.')
    if (!signed.startsWith('s:') || end < 0) return null
    const value = signed.slice('s:'.length, end)
    const given = Buffer.from(signed.slice(end + 1))
    return this.#keys.some((key) => isSame(given, signature(key, value))) ? value : null
  }
}

/** A key object is set up once; bytes would be at every use. */
function keyOf(secret: CookieSecret): KeyObject {
  return secret instanceof KeyObject ? secret : createSecretKey(Buffer.from(secret))
}

function signature(key: KeyObject, value: string): string {
  return createHmac('sha256', key).update(value).digest('base64').replace(/=+$/, '')
}

function isSame(given: Uint8Array, expected: string): boolean {
  const bytes = Buffer.from(expected)
  return given.byteLength === bytes.byteLength && timingSafeEqual(given, bytes)
}
