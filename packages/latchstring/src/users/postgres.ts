import { type PgPool, type PostgresJs, postgresDriver, wasUndone } from '../stores/_postgresDriver.ts'
import type { Verdict } from '../stores/_sqlDriver.ts'
import { codeOf } from '../stores/_sqlErrors.ts'
import { EMAIL_INDEX, USERNAME_INDEX, USERS, USERS_SCHEMA, usersSchema } from './_columns.ts'
import { type Dialect, type SqlUsers, sqlUsers } from './sql.ts'

export interface PostgresUsers extends SqlUsers {}

/**
 * Users in PostgreSQL 14 or later, through a `Pool` of pg or the `sql` of postgres.js, which you create and close:
 * the one that you give to `postgresStore`, or another one. All its connections must lead to the primary server: a
 * replica would show passwords that have been changed.
 *
 * Creates the tables `latchstring_users` and `latchstring_users_schema` in the schema that comes first in the search
 * path: at the first use, or when you call `migrate()`.
 *
 * @throws LatchstringError `invalid_option` for anything else.
 * @example
 * const users = postgresUsers(new pg.Pool({ connectionString: process.env.DATABASE_URL }))
 * await users.migrate()
 */
export function postgresUsers(pool: PgPool | PostgresJs): PostgresUsers {
  return sqlUsers(DIALECT, postgresDriver(pool, 'postgresUsers'))
}

/** Bytes for what is compared, as no collation and no encoding of the database can touch them. */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE ${USERS_SCHEMA} (version integer PRIMARY KEY)`,
    `CREATE TABLE ${USERS} (
      id bigint GENERATED ALWAYS AS IDENTITY (MAXVALUE ${Number.MAX_SAFE_INTEGER}) PRIMARY KEY,
      email text NOT NULL,
      email_key bytea NOT NULL,
      username text,
      username_key bytea,
      password_hash text,
      credential_version bigint NOT NULL,
      email_verified_at bigint,
      disabled_at bigint,
      created_at bigint NOT NULL,
      revision bigint NOT NULL
    )`,
    `CREATE UNIQUE INDEX ${EMAIL_INDEX} ON ${USERS} (email_key)`,
    `CREATE UNIQUE INDEX ${USERNAME_INDEX} ON ${USERS} (username_key)`,
  ],
]

const DIALECT: Dialect = {
  schema: usersSchema(MIGRATIONS),
  judge,
  spell: numbered,
  // Without an error, which the server would write into its log, and the address with it.
  afterInsert: ' ON CONFLICT DO NOTHING RETURNING id',
}

const UNIQUE_VIOLATION = '23505'

function judge(error: unknown): Verdict {
  if (codeOf(error) === UNIQUE_VIOLATION) return 'taken'
  return wasUndone(error) ? 'again' : 'failed'
}

/** PostgreSQL numbers its parameters. */
function numbered(text: string): string {
  let count = 0
  return text.replaceAll('?', () => `$${++count}`)
}
