import type { Migration, MigrationSettings } from './migration.ts'
import type { MigrateOptions } from './options.ts'

/** What an old session holds, as it was stored. */
export interface OldData {
  readonly values: object
  /** Milliseconds since the epoch; `null` if it does not say when it ends. */
  readonly endsAt: number | null
  /** What each request gives it from then on, in milliseconds, whatever `endsAt` says; `null` if it ends unasked. */
  readonly prolongedBy: number | null
}

/** An old session that a request presents by a cookie whose signature is right. */
export interface OldSession {
  /** Tells it apart from all others. */
  readonly id: string
  /** The secrets by which a browser can present it, the one presented now first. */
  readonly secrets: readonly string[]
  /** `null` if it is not there. */
  read(): Promise<OldData | null>
  /** Ends it. May be called again. */
  end(): Promise<void>
}

/** Where sessions come from: `expressSession()` or `cookieSession()` of `latchstring/migrate`. */
export interface OldSessions {
  /** Part of every Cookie header that may present one: nothing else is looked at. */
  readonly name: string
  /** The session that a Cookie header presents, if it is exactly one. */
  find(cookieHeader: string): OldSession | null
  /** The Set-Cookie values that take the old cookies out of a browser. */
  readonly expiringCookies: readonly string[]
  /** How many are left; `null` if their store does not count. */
  count(): Promise<number | null>
  /** Begins to take them over: `createAuth` calls it, and so an application without a migration loads none. */
  start(options: MigrateOptions, settings: MigrationSettings): Migration
}
