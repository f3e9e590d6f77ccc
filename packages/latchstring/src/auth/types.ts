import type { Device } from '../core/payload.ts'
import type { UserId } from '../core/types.ts'

/** A person with an account. */
export interface User {
  readonly id: UserId
  /** As the person wrote it; mail goes here and nowhere else. */
  readonly email: string
  readonly username: string | null
  /** When the address was proved; `null` until then. */
  readonly emailVerifiedAt: number | null
  /** In the PHC string format; `null` for an account without a password. */
  readonly passwordHash: string | null
  /** One more at every change of what a login rests on: a login verified before it does not survive. */
  readonly credentialVersion: number
  /** When the account was disabled; `null` while it may log in. */
  readonly disabledAt: number | null
  readonly createdAt: number
}

/** What an account is found by, together with its key: all spellings of one identifier have one key. */
export interface Identifier {
  readonly text: string
  readonly key: string
}

export interface NewUser {
  readonly email: Identifier
  readonly username: Identifier | null
  readonly passwordHash: string | null
  readonly createdAt: number
}

/** Only the named fields change; `credentialVersion` is the new one. */
export interface UserChanges {
  readonly email?: Identifier
  readonly username?: Identifier | null
  readonly emailVerifiedAt?: number | null
  readonly passwordHash?: string | null
  readonly credentialVersion?: number
  readonly disabledAt?: number | null
}

/** An identifier that somebody else has is an answer, not an error. */
export type Taken = { readonly kind: 'taken'; readonly field: 'email' | 'username' }
export type CreateOutcome = { readonly kind: 'created'; readonly user: User } | Taken
export type UpdateOutcome =
  | { readonly kind: 'updated'; readonly user: User }
  /** The user is gone, or has another credential version by now: nothing was changed. */
  | { readonly kind: 'changed' }
  | Taken

/**
 * Where users live: ours in SQLite, PostgreSQL or MySQL, or your own table behind these six methods.
 * Each is one atomic step, may be called from many processes at once, and rejects when it cannot answer.
 */
export interface Users {
  find(id: UserId): Promise<User | null>
  /** By the key of the address. */
  findByEmail(key: string): Promise<User | null>
  /** By the key of the username. */
  findByUsername(key: string): Promise<User | null>
  /** Insert-only: of two calls for one identifier exactly one is told `created`. */
  create(user: NewUser): Promise<CreateOutcome>
  /** Compare-and-swap: changes the user only if the stored credential version is this one. */
  update(id: UserId, credentialVersion: number, changes: UserChanges): Promise<UpdateOutcome>
  /** Tells whether the user was there. */
  remove(id: UserId): Promise<boolean>
}

/** What a login method found out. A refusal is a value and never says whether there is such an account. */
export type Outcome =
  | { readonly kind: 'verified'; readonly userId: UserId; readonly credentialVersion: number }
  | { readonly kind: 'continue'; readonly next: string; readonly body?: Readonly<Record<string, unknown>> }
  | { readonly kind: 'refused'; readonly code: RefusalCode }

export type RefusalCode = 'invalid_credentials' | 'invalid_input' | 'invalid_token'

/** Fields of a request: checked for being an object with own keys, nothing else. */
export type Input = Readonly<Record<string, unknown>>

/** What the gate gives a login method for one try. */
export interface Attempt {
  readonly now: number
  readonly device: Device
  /** Who is known already: by a first factor, or by a session whose user authenticates again. */
  readonly userId: UserId | null
  /**
   * Counts this try against the budgets of the account and of the client. Must be called, once, before a secret
   * is looked at; `false` means too many, and then nothing may be verified. `identifier` stands for an account
   * that does not exist. Do not wait for the user: what is counted by the identifier is asked for meanwhile.
   */
  begin(account: {
    readonly user: User | null | Promise<User | null>
    readonly identifier: string
  }): Promise<boolean>
}

/**
 * A way to prove who one is. It verifies and nothing else: only the gate changes a session, applies throttling,
 * asks for the second factor and reports the event.
 */
export interface LoginMethod {
  /** Recorded with the session (RFC 8176 calls it amr), such as `'password'`. */
  readonly id: string
  readonly factor: 'first' | 'second'
  readonly actions: Readonly<Record<string, (input: Input, attempt: Attempt) => Promise<Outcome>>>
  /** Whether this user has set the method up. */
  enrolled(userId: UserId): Promise<boolean>
}

export interface Mail {
  /** One address. */
  readonly to: string
  readonly subject: string
  readonly text: string
}

/** Sends one mail, or rejects. Nobody's request waits for it. */
export type SendMail = (mail: Mail) => Promise<unknown>

/** What happened to accounts. None carries a password, a token or a code. */
export type ActivityType =
  | 'signup'
  | 'login'
  | 'login_failed'
  | 'logout'
  | 'reauthenticated'
  | 'reauthentication_failed'
  | 'new_device'
  | 'session_revoked'
  | 'sessions_revoked'
  | 'email_verified'
  | 'email_change_requested'
  | 'email_changed'
  | 'email_change_undone'
  | 'password_changed'
  | 'password_reset_requested'
  | 'password_reset'
  | 'account_secured'
  | 'account_disabled'
  | 'account_enabled'

/** One line of a user's timeline. */
export interface ActivityEntry {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly type: ActivityType
  readonly sessionId: string | null
  readonly device: Device
  /** How many of the same kind in a row this line stands for. */
  readonly count: number
}

/** What happened to accounts, as the application's listener is told. */
export type AccountEvent =
  | { type: 'account.activity'; at: number; activity: ActivityType; userId: UserId; sessionId: string | null }
  /** A try was not even looked at. */
  | { type: 'account.throttled'; at: number; action: string; bucket: string }
  /** The throttle's counters could not be reached: this process counts by itself, more strictly. */
  | { type: 'account.throttle_local'; at: number; error: unknown }
  | { type: 'account.deleted'; at: number; userId: UserId }
  /** A mail could not be sent; the client was told nothing. */
  | { type: 'mail.failed'; at: number; error: unknown }
  /** Something that only informs, such as the timeline, could not be stored. */
  | { type: 'account.record_failed'; at: number; error: unknown }

export type Language = 'en' | 'de' | 'es' | 'zh'
