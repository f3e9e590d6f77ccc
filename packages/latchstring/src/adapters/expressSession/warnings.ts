import type { CookieSecret } from '../../http/signedCookie.ts'

/** NIST SP 800-107, section 5.3.4: a key of HMAC-SHA256 has the strength of its length, up to 32 bytes. */
const ENOUGH_BYTES = 32

const LINES = {
  shortSecret:
    'the secret has less than 32 bytes and could be guessed: put 32 random bytes first in an array, and keep the old one behind them for a while.',
  secureDropped:
    "a session cookie with cookie.secure was not sent, because the request looks like plain http. Behind a proxy that ends TLS set app.set('trust proxy', 1) (the number of proxies), or leave cookie.secure out: it is then set whenever the request is secure.",
  noneWithoutSecure:
    'a session cookie with SameSite=None goes without Secure, and browsers drop it: serve https, or use sameSite: "lax".',
  badRow: 'the store holds a row that is no session: whoever presents it gets a new session.',
  memory:
    'sessions are kept in memory, which a restart empties and other processes do not share: give session() a store.',
  notRotated:
    'somebody seems to have logged in under the session id that they had before, which another person may know: call req.session.regenerate() first, or use sessions.login(req, userId), or set rotateOn. Key: ',
} as const

export type Warning = keyof typeof LINES

/** Says each thing once: a line that explains a problem is not repeated for each request. */
export class Warnings {
  readonly #warn: (line: string) => void
  readonly #said = new Set<Warning>()

  constructor(warn: (line: string) => void) {
    this.#warn = warn
  }

  say(warning: Warning, detail = ''): void {
    if (this.#said.has(warning)) return
    this.#said.add(warning)
    this.#warn(`latchstring/express-session: ${LINES[warning]}${detail}`)
  }
}

export function isShort(secret: CookieSecret): boolean {
  if (typeof secret === 'string') return Buffer.byteLength(secret) < ENOUGH_BYTES
  const length = 'symmetricKeySize' in secret ? secret.symmetricKeySize : undefined
  return (length ?? ('byteLength' in secret ? secret.byteLength : ENOUGH_BYTES)) < ENOUGH_BYTES
}
