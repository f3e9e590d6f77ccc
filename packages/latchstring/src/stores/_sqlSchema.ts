import { LatchstringError } from '../core/errors.ts'

/** The tables of one part of this package, with versions of their own: an application may use only one part. */
export interface Schema<Step> {
  /** The table that tells the version. Servers lock its name while they migrate. */
  readonly table: string
  /** What the version is of, for error messages. */
  readonly holds: string
  /**
   * What turns version n into n + 1. Only additive: while a new release is rolled out, processes of the old one
   * keep working on the same tables. Never edit an entry that was published.
   */
  readonly migrations: readonly Step[]
}

/** The steps that a database of version `found` lacks. Refuses a database that is ahead of this release. */
export function stepsAfter<Step>(found: number, { holds, migrations }: Schema<Step>): readonly Step[] {
  if (found <= migrations.length) return migrations.slice(found)
  throw new LatchstringError(
    'store_schema',
    `The database has version ${found} of ${holds}; this release of latchstring knows up to ` +
      `${migrations.length}. A newer release has migrated it: run that release or a later one, or give this one ` +
      'a database of its own.',
  )
}
