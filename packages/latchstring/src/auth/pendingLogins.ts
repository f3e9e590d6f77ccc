import { type Device, isDevice } from '../core/payload.ts'
import { isToken } from '../core/token.ts'
import type { UserId } from '../core/types.ts'
import { CODE_ATTEMPTS } from './limits.ts'
import type { Decision, RecordKind } from './recordRows.ts'
import type { Records } from './records.ts'
import { holdsUserId, restoreStored, type StoredUserId, storeUserId } from './storedUserId.ts'

/** A login whose first factor has been verified, and nothing else. */
export interface PendingLogin {
  readonly userId: UserId
  /** The version of the credentials that were verified. */
  readonly credentialVersion: number
  /** The first factor. */
  readonly method: string
  readonly remember: boolean
  readonly device: Device
}

/** Long enough to find the phone, in milliseconds. */
export const PENDING_LIFETIME: number = 10 * 60_000

interface StoredPending extends StoredUserId, Omit<PendingLogin, 'userId'> {
  readonly triesLeft: number
  /** Milliseconds since the epoch. */
  readonly until: number
}

const PENDING: RecordKind<StoredPending> = { name: 'pending_login', isValue: isStoredPending }

/**
 * What there is between two factors instead of a session: a record that logs nobody in by itself, lives for ten
 * minutes, takes few tries and is used once.
 */
export class PendingLogins {
  readonly #records: Records

  constructor(records: Records) {
    this.#records = records
  }

  /** Returns the token that leads on. */
  async open({ userId, credentialVersion, method, remember, device }: PendingLogin): Promise<string> {
    const until = this.#records.clock() + PENDING_LIFETIME
    const login = { ...storeUserId(userId), credentialVersion, method, remember, device }
    return this.#records.issue(PENDING, keptUntil({ ...login, triesLeft: CODE_ATTEMPTS, until }))
  }

  /** Uses up one try, before anything is compared. `null` if there is none left, or no such login. */
  async attempt(token: string): Promise<PendingLogin | null> {
    if (!isToken(token)) return null
    const { before } = await this.#records.change(PENDING, token, useOneTry)
    return before === null || before.triesLeft < 1 ? null : pendingOf(before)
  }

  /** Ends a pending login whose second factor has been verified: of several callers exactly one is told `true`. */
  async consume(token: string): Promise<boolean> {
    return isToken(token) && (await this.#records.take(PENDING, token)) !== null
  }
}

/** The record of the last try stays: that try may be right. */
function useOneTry(pending: StoredPending | null): Decision<StoredPending> {
  if (pending === null || pending.triesLeft < 1) return 'keep'
  return keptUntil({ ...pending, triesLeft: pending.triesLeft - 1 })
}

function keptUntil(pending: StoredPending): { readonly value: StoredPending; readonly expiresAt: number } {
  return { value: pending, expiresAt: pending.until }
}

function pendingOf(stored: StoredPending): PendingLogin {
  const { credentialVersion, method, remember, device } = stored
  return { userId: restoreStored(stored), credentialVersion, method, remember, device }
}

function isStoredPending(value: unknown): value is StoredPending {
  if (!holdsUserId(value)) return false
  const pending: { readonly [K in keyof StoredPending]?: unknown } = value
  return (
    Number.isSafeInteger(pending.credentialVersion) &&
    typeof pending.method === 'string' &&
    typeof pending.remember === 'boolean' &&
    isDevice(pending.device) &&
    Number.isSafeInteger(pending.triesLeft) &&
    Number.isFinite(pending.until)
  )
}
