import { LatchstringError } from '../core/errors.ts'
import { isObject } from '../core/json.ts'
import { checkFunction, refuseUnknownOptions } from '../core/options.ts'
import type { OldSessions } from './oldSessions.ts'
import type { UserOf } from './oldUser.ts'

/** How sessions of an old application go on here: docs/migration.md. */
export interface MigrateOptions {
  /** `expressSession({ secret, store, name })` or `cookieSession({ keys, name })` of `latchstring/migrate`. */
  from: OldSessions
  /** From this moment on old cookies count for nothing. Needed, so that it is not forgotten. */
  until: Date
  /** Only reports what would move: nothing is written, and old cookies count for nothing. Default `false`. */
  dryRun?: boolean
  /** Finds the user in old data. Default: the user of passport, else `userId` or `user`. */
  userOf?: UserOf
}

const KNOWN_OPTIONS: readonly (keyof MigrateOptions)[] = ['from', 'until', 'dryRun', 'userOf']

/** @throws LatchstringError `invalid_option`, naming the option and what it takes. */
export function checkMigrateOptions(options: MigrateOptions): void {
  refuseUnknownOptions('migrate', options, KNOWN_OPTIONS)
  const { from, until, dryRun, userOf }: { readonly [K in keyof MigrateOptions]?: unknown } = options
  if (!isObject(from) || !('start' in from))
    throw wrong(
      'migrate.from takes expressSession({ secret, store }) or cookieSession({ keys }) of latchstring/migrate',
    )
  if (!(until instanceof Date) || Number.isNaN(until.getTime()))
    throw wrong("migrate.until takes the date on which old cookies end, such as new Date('2027-01-31')")
  if (dryRun !== undefined && typeof dryRun !== 'boolean') throw wrong('migrate.dryRun takes true or false')
  checkFunction('migrate.userOf', userOf)
}

function wrong(message: string): LatchstringError {
  return new LatchstringError('invalid_option', message)
}
