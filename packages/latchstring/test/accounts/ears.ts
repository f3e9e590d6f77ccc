import { inspect } from 'node:util'
import type { Mail } from '../../src/auth/types.ts'
import type { Reply } from '../http/client.ts'

/** Hears everything that is said, and knows the secrets that nobody may say. */
export class Ears {
  readonly #texts: string[] = []
  readonly #secrets: Set<string>
  readonly #tokens = new Map<string, string>()

  /** `secrets` are those that a user types; tokens and cookies are learnt from who is given them. */
  constructor(secrets: Iterable<string>) {
    this.#secrets = new Set(secrets)
  }

  hear(...values: readonly unknown[]): void {
    this.#texts.push(...values.flatMap(textsOf))
  }

  /** The form of a token page has to carry the token on: that is no leak. */
  hearReply({ status, headers, body }: Reply): void {
    const { 'set-cookie': cookies = [], ...others } = headers
    for (const cookie of cookies) this.#learn(/^[^=]+=([^;]+)/.exec(cookie)?.[1])
    this.hear(String(status), others, body.replace(/(name="token" value=)"[\w-]{43}"/g, '$1'))
  }

  /** The link of a mail is what the mail is for. */
  hearMail({ to, subject, text }: Mail): void {
    const [link = '', token] = /\?token=([\w-]{43})/.exec(text) ?? []
    this.#learn(token)
    if (token !== undefined) this.#tokens.set(to, token)
    this.hear(to, subject, text.replace(link, ''))
  }

  /** The token of the newest link to an address; empty if there was none. */
  tokenTo(address: string): string {
    return this.#tokens.get(address) ?? ''
  }

  #learn(secret: string | undefined): void {
    if (secret !== undefined) this.#secrets.add(secret)
  }

  get secretCount(): number {
    return this.#secrets.size
  }

  get count(): number {
    return this.#texts.length
  }

  /** What was heard that holds a secret in whatever encoding. */
  leaks(): string[] {
    return this.leaksIn(this.#texts)
  }

  leaksIn(texts: readonly string[]): string[] {
    const forms = [...this.#secrets].flatMap(formsOf)
    return texts.filter((text) => forms.some((form) => text.includes(form)))
  }
}

/** Everything that a curious log line could hold of a value. */
export function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  const options = { depth: 12, showHidden: true, getters: true, maxStringLength: null, maxArrayLength: null }
  return [inspect(value, options), inspect(value, { ...options, showProxy: true })]
}

function formsOf(secret: string): string[] {
  const isToken = /^[\w-]{43}$/.test(secret)
  const bytes = [Buffer.from(secret), ...(isToken ? [Buffer.from(secret, 'base64url')] : [])]
  const encoded = bytes.flatMap((one) =>
    (['base64', 'base64url', 'hex'] as const).map((encoding) => one.toString(encoding).replace(/=+$/, '')),
  )
  return [secret, encodeURIComponent(secret), secret.replaceAll(' ', '+'), ...encoded]
}
