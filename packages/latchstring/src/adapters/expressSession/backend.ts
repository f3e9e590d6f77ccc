import type { Changes } from '../../core/data.ts'
import type { Authentication, Device } from '../../core/payload.ts'
import type { UserIdType } from '../../core/user.ts'
import type { Cookie } from './cookie.ts'

export type Values = Record<string, unknown>

/** When a session began and was last written. Milliseconds since the epoch. */
export interface Life {
  readonly createdAt: number
  readonly seenAt: number
}

/** Whose session it is: only stores of ours can say so. */
export interface Identity {
  /** The public id, which stays the same when the token is replaced. */
  readonly publicId: string
  readonly userId: string | null
  readonly userIdType: UserIdType | null
  readonly authentications: readonly Authentication[]
}

/** A session as the store has it. */
export interface Stored {
  readonly values: Values
  readonly cookie: object
  /** Absent in a row that express-session wrote. */
  readonly life: Life | null
  readonly identity: Identity | null
}

/** A session as it is to be stored. */
export interface Draft {
  /** All that this request sees, for a session that is stored for the first time. */
  readonly values: Values
  /** What it changed, for one that others may have changed too. */
  readonly changes: Changes
  readonly cookie: Cookie
  readonly life: Life
  /** The end of a session whose cookie lives that long, `null` for as long as the browser; may be infinite. */
  readonly expiryFor: (length: number | null) => number
  readonly identity: Identity | null
  readonly device: Device
}

/** Where sessions are kept: in a store of express-session's kind, or in one of ours. Every call ends in time. */
export interface Backend {
  /** Whether a session can be kept alive without writing it. */
  readonly touches: boolean
  read(id: string): Promise<Stored | null>
  /** Stores a session that was never stored. */
  create(id: string, draft: Draft): Promise<Stored>
  /** Applies the changes to what is stored now; `null` if nothing is, because the session ended meanwhile. */
  update(id: string, known: Stored, draft: Draft): Promise<Stored | null>
  /** Moves the expiry, of a session that is still there. */
  touch(id: string, known: Stored, draft: Draft): Promise<void>
  remove(id: string): Promise<void>
  /** When the session was last written or touched, as far as is known. */
  touchedAt(id: string, known: Stored): number
}
