import { isObject } from '../core/json.ts'
import { isToken } from '../core/token.ts'
import type { UserId } from '../core/types.ts'
import { ownerOf, type RecordKind } from './recordRows.ts'
import type { Listed, Records } from './records.ts'
import { holdsUserId, restoreStored, type StoredUserId, storeUserId } from './storedUserId.ts'

/** What a mailed link may be for. A token of one purpose is unknown to every other one. */
export type TokenPurpose = 'email_verification' | 'password_reset' | 'email_change' | 'email_undo' | 'not_me'

/** What a token stands for beside its user, such as the address that it proves. */
export type TokenValue = Readonly<Record<string, string | number | boolean | null>>

export interface NewToken {
  readonly purpose: TokenPurpose
  readonly userId: UserId
  /** The version of the credentials that the token is for; `null` if it outlives a change of them. */
  readonly credentialVersion: number | null
  /** Milliseconds. Default: the one of {@link TOKEN_LIFETIMES}. */
  readonly lifetime?: number
  readonly value?: TokenValue
}

/** What a token was issued with. */
export interface TokenContent {
  readonly userId: UserId
  readonly credentialVersion: number | null
  readonly value: TokenValue
}

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/**
 * Milliseconds. NIST SP 800-63B-4 lets a recovery code that was sent by email live 24 hours at most. A reset is worth
 * an account, so it gets less: OWASP's Forgot Password Cheat Sheet asks for an appropriate, short time. What
 * undoes a change waits until the owner has seen the mail that tells of it.
 */
export const TOKEN_LIFETIMES: Readonly<Record<TokenPurpose, number>> = {
  email_verification: DAY,
  password_reset: 30 * MINUTE,
  email_change: DAY,
  email_undo: 7 * DAY,
  not_me: 7 * DAY,
}

interface StoredToken extends StoredUserId {
  readonly credentialVersion: number | null
  readonly value: TokenValue
  /** Higher than that of every token that was there when this one was issued. */
  readonly order: number
}

const KINDS: Readonly<Record<TokenPurpose, RecordKind<StoredToken>>> = {
  email_verification: { name: 'token/email_verification', isValue: isStoredToken },
  password_reset: { name: 'token/password_reset', isValue: isStoredToken },
  email_change: { name: 'token/email_change', isValue: isStoredToken },
  email_undo: { name: 'token/email_undo', isValue: isStoredToken },
  not_me: { name: 'token/not_me', isValue: isStoredToken },
}

const PURPOSES: readonly TokenPurpose[] = [
  'email_verification',
  'password_reset',
  'email_change',
  'email_undo',
  'not_me',
]

/**
 * What takes something back that somebody else did, so that several may be good at once: a thief who makes one more
 * change must not make the older link worthless.
 */
const TAKES_BACK: ReadonlySet<TokenPurpose> = new Set(['email_undo', 'not_me'])

/** Secrets that are mailed to users and work once. The store holds their hashes alone. */
export class OneTimeTokens {
  readonly #records: Records

  constructor(records: Records) {
    this.#records = records
  }

  /** Returns a new token. Older ones of the same user and purpose no longer work, unless they take something back. */
  async issue(token: NewToken): Promise<string> {
    const { purpose, userId, credentialVersion, lifetime = TOKEN_LIFETIMES[purpose], value = {} } = token
    const kind = KINDS[purpose]
    const owner = ownerOf(kind, userId)
    const order = 1 + highestOrder(await this.#records.list(kind, owner))
    const stored = { ...storeUserId(userId), credentialVersion, value, order }
    const expiresAt = this.#records.clock() + lifetime
    const text = await this.#records.issue(kind, { value: stored, expiresAt, owner })
    if (!TAKES_BACK.has(purpose)) await this.#removeOlder(kind, owner)
    return text
  }

  /** What a token stands for, or `null`. Changes nothing. */
  async peek(purpose: TokenPurpose, token: string): Promise<TokenContent | null> {
    return isToken(token) ? contentOf(await this.#records.read(KINDS[purpose], token)) : null
  }

  /** Uses a token up. Of several callers, in whatever process, exactly one is told what it stands for. */
  async redeem(purpose: TokenPurpose, token: string): Promise<TokenContent | null> {
    if (!isToken(token)) return null
    if (TAKES_BACK.has(purpose)) await this.#removeNewer(KINDS[purpose], token)
    return contentOf(await this.#records.take(KINDS[purpose], token))
  }

  async revoke(purpose: TokenPurpose, userId: UserId): Promise<void> {
    await this.#records.removeAll(ownerOf(KINDS[purpose], userId))
  }

  /** Revokes a user's tokens of these purposes; by default of all. */
  async revokeAll(userId: UserId, purposes: readonly TokenPurpose[] = PURPOSES): Promise<void> {
    await Promise.all(purposes.map((purpose) => this.revoke(purpose, userId)))
  }

  /** Whoever takes back a change takes back all that came after it: the links of those are the thief's. */
  async #removeNewer(kind: RecordKind<StoredToken>, token: string): Promise<void> {
    const stored = await this.#records.read(kind, token)
    if (stored === null) return
    const { order } = stored
    const listed = await this.#records.list(kind, ownerOf(kind, restoreStored(stored)))
    await this.#records.remove(listed.filter(({ value }) => value.order > order))
  }

  /** Nobody removes the newest one: of two that were issued at once, one survives. */
  async #removeOlder(kind: RecordKind<StoredToken>, owner: string): Promise<void> {
    const [, ...older] = (await this.#records.list(kind, owner)).sort(byNewest)
    await this.#records.remove(older)
  }
}

function highestOrder(tokens: readonly Listed<StoredToken>[]): number {
  return Math.max(0, ...tokens.map(({ value }) => value.order))
}

/** Those that were issued at once may have one order. Their keys decide, for every process alike. */
function byNewest(one: Listed<StoredToken>, other: Listed<StoredToken>): number {
  return other.value.order - one.value.order || (one.key < other.key ? -1 : 1)
}

function contentOf(stored: StoredToken | null): TokenContent | null {
  if (stored === null) return null
  const { credentialVersion, value } = stored
  return { userId: restoreStored(stored), credentialVersion, value }
}

function isStoredToken(value: unknown): value is StoredToken {
  if (!holdsUserId(value)) return false
  const token: { readonly [K in keyof StoredToken]?: unknown } = value
  const { credentialVersion, order } = token
  const isBound = credentialVersion === null || Number.isSafeInteger(credentialVersion)
  return isBound && Number.isSafeInteger(order) && isTokenValue(token.value)
}

function isTokenValue(value: unknown): value is TokenValue {
  return isObject(value) && !Array.isArray(value) && Object.values(value).every(isPlain)
}

function isPlain(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}
