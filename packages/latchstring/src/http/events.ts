import type { TakeOverRefusal } from '../core/takeOver.ts'

/** What happened to requests, beside what happened to sessions. */
export type HttpEvent =
  /** A request carried several cookies of our name: none was believed. */
  | { type: 'cookie.duplicate'; at: number }
  /** An unsafe request of another site was refused. */
  | { type: 'request.cross_origin'; at: number; origin: string | null }
  /** A session of the old application goes on here. The keys in `dropped` stayed behind. */
  | {
      type: 'migration.moved'
      at: number
      sessionId: string
      userId: string | null
      dropped: readonly string[]
    }
  /** A dry run found a session that would be taken over. */
  | { type: 'migration.found'; at: number; userId: string | null; dropped: readonly string[] }
  /** A cookie of the old application was not accepted. */
  | { type: 'migration.refused'; at: number; reason: MigrationRefusal }
  /** The old store or `userOf` failed. */
  | { type: 'migration.failed'; at: number; error: unknown }

/** Why a cookie of the old application was not accepted: also if it has a user, but nothing that tells who. */
export type MigrationRefusal = TakeOverRefusal | 'unknown_user'
