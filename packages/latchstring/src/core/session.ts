import { TrackedData } from './data.ts'
import { LatchstringError } from './errors.ts'
import type { Authentication, Payload, SessionState } from './payload.ts'
import type { Row, UserId } from './types.ts'
import { restoreUserId } from './user.ts'

/** A row together with what its payload says. */
export interface Stored extends Payload {
  readonly row: Row
}

/** A token and the live session that it leads to. */
export interface Located {
  readonly token: string
  readonly stored: Stored
}

/** A login that the next commit will store. */
export interface PendingLogin {
  readonly state: SessionState
  readonly userId: string
  /** The credential version that was current when the credentials were verified. */
  readonly credentialVersion: string | null
  /** Whether what others write to the session before goes along: not to another user. */
  readonly keepsData: boolean
  /** Whether the session before goes on under a new token, as nobody has proved anything: it has to be there still. */
  readonly goesOn: boolean
}

/** One session as one request sees it: what is stored, and what the request wants to become of it. */
export class Session {
  /** When the request began, which is what counts as "last seen". */
  readonly openedAt: number
  data: TrackedData
  touchRequested = false
  /** Whether this request has touched or renewed the session, or tried to: once is enough. */
  isKeptUp = false
  /** Whether the browser can no longer be told a new token. */
  isTokenFixed = false
  /** Whether the stored session was found to be gone, so that the token is worth nothing any more. */
  endedElsewhere = false
  #located: Located | null
  #pendingLogin: PendingLogin | null = null

  constructor(openedAt: number, located: Located | null = null) {
    this.openedAt = openedAt
    this.#located = located
    this.data = new TrackedData(located?.stored.data, located?.stored.shared)
  }

  /** The stored session, if there is one. */
  get located(): Located | null {
    return this.#located
  }

  get token(): string | null {
    return this.#located?.token ?? null
  }

  get stored(): Stored | null {
    return this.#located?.stored ?? null
  }

  get pendingLogin(): PendingLogin | null {
    return this.#pendingLogin
  }

  get state(): SessionState | null {
    return this.#pendingLogin?.state ?? this.stored?.state ?? null
  }

  get id(): string | null {
    return this.state?.id ?? null
  }

  get userIdText(): string | null {
    return this.#pendingLogin?.userId ?? this.stored?.row.userId ?? null
  }

  get userId(): UserId | null {
    const type = this.state?.userIdType ?? null
    const text = this.userIdText
    return type === null || text === null ? null : restoreUserId(text, type)
  }

  /** Copies: what the application does to them must not reach the next write. */
  get authentications(): readonly Authentication[] {
    return (this.state?.authentications ?? []).map((authentication) => ({ ...authentication }))
  }

  /**
   * Must be called before anything that needs a new token.
   * @throws LatchstringError `response_started`
   */
  requireNewToken(): void {
    if (!this.isTokenFixed) return
    throw new LatchstringError(
      'response_started',
      'the response has begun, so the browser cannot be given a session token any more: change the session before the first byte',
    )
  }

  /** Logs a user in from the next commit on. */
  logIn(login: PendingLogin): void {
    this.requireNewToken()
    if (this.userIdText !== null && this.userIdText !== login.userId) this.data = new TrackedData()
    this.#pendingLogin = login
  }

  /**
   * Takes over what a commit has stored. A login that was asked for while the commit was on its way is still
   * to be stored: only the one that the commit was about is done.
   */
  adopt(located: Located, login: PendingLogin | null = null): void {
    this.#located = located
    this.touchRequested = false
    if (this.#pendingLogin === login) this.#pendingLogin = null
  }

  /** The stored session is gone: nothing of it may be used, nor carried elsewhere. */
  markEnded(): void {
    this.detach()
    this.endedElsewhere = true
    if (this.#pendingLogin === null) this.data = new TrackedData()
  }

  /** Forgets the stored session, which has been ended; the data can still be read. */
  detach(): void {
    this.#located = null
  }

  cancelLogin(): void {
    this.#pendingLogin = null
  }
}
