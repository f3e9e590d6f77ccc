import type { Identifier, NewUser, User, UserChanges } from '../auth/types.ts'
import type { Schema } from '../stores/_sqlSchema.ts'
import { integerOf, textOf } from '../stores/_sqlValues.ts'
import { FIRST_VERSION } from './_user.ts'

export const USERS = 'latchstring_users'
export const EMAIL_INDEX = 'latchstring_users_email'
export const USERNAME_INDEX = 'latchstring_users_username'
/** Tells the version of the table. */
export const USERS_SCHEMA = 'latchstring_users_schema'

export function usersSchema<Step>(migrations: readonly Step[]): Schema<Step> {
  return { table: USERS_SCHEMA, holds: "latchstring's table of users", migrations }
}

/** A column and what it becomes. `Key` is what the database compares byte by byte. */
export type Assignment<Key> = readonly [column: string, value: string | number | null | Key]

export function valuesOf<Key>(assignments: readonly Assignment<Key>[]): (string | number | null | Key)[] {
  return assignments.map(([, value]) => value)
}

type KeyOf<Key> = (key: string) => Key

export function assignmentsOf<Key>(changes: UserChanges, keyOf: KeyOf<Key>): Assignment<Key>[] {
  return [
    ...identifier('email', changes.email, keyOf),
    ...identifier('username', changes.username, keyOf),
    ...plain('email_verified_at', changes.emailVerifiedAt),
    ...plain('password_hash', changes.passwordHash),
    ...plain('credential_version', changes.credentialVersion),
    ...plain('disabled_at', changes.disabledAt),
  ]
}

export function assignmentsOfNew<Key>(user: NewUser, keyOf: KeyOf<Key>): Assignment<Key>[] {
  const { email, username, passwordHash, createdAt } = user
  const named = { email, username, passwordHash, credentialVersion: FIRST_VERSION }
  return [...assignmentsOf(named, keyOf), ...plain('created_at', createdAt), ...plain('revision', 1)]
}

function identifier<Key>(
  column: string,
  value: Identifier | null | undefined,
  keyOf: KeyOf<Key>,
): Assignment<Key>[] {
  if (value === undefined) return []
  return [
    [column, value?.text ?? null],
    [`${column}_key`, value === null ? null : keyOf(value.key)],
  ]
}

function plain(column: string, value: string | number | null | undefined): Assignment<never>[] {
  return value === undefined ? [] : [[column, value]]
}

const COLUMNS =
  'id, email, username, email_verified_at, password_hash, credential_version, disabled_at, created_at'

export type FoundBy = 'id' | 'email_key' | 'username_key'

export function selectText(column: FoundBy): string {
  return `SELECT ${COLUMNS} FROM ${USERS} WHERE ${column} = ?`
}

export function insertText(assignments: readonly Assignment<unknown>[]): string {
  const columns = assignments.map(([column]) => column)
  return `INSERT INTO ${USERS} (${columns.join()}) VALUES (${columns.map(() => '?').join()})`
}

/** Takes the values, then the id and the credential version before. */
export function updateText(assignments: readonly Assignment<unknown>[]): string {
  // With the revision something always changes: some connections to MySQL count the rows that changed, not those found.
  const sets = [...assignments.map(([column]) => `${column} = ?`), 'revision = revision + 1']
  return `UPDATE ${USERS} SET ${sets.join()} WHERE id = ? AND credential_version = ?`
}

export const REMOVE_TEXT: string = `DELETE FROM ${USERS} WHERE id = ?`

/** From the columns of {@link selectText}, whatever types the driver gives them. */
export function userOf(row: readonly unknown[]): User {
  const [id, email, username, emailVerifiedAt, passwordHash, credentialVersion, disabledAt, createdAt] = row
  return {
    id: integerOf(id, USERS),
    email: textOf(email, USERS),
    username: unlessNull(username, textOf),
    emailVerifiedAt: unlessNull(emailVerifiedAt, integerOf),
    passwordHash: unlessNull(passwordHash, textOf),
    credentialVersion: integerOf(credentialVersion, USERS),
    disabledAt: unlessNull(disabledAt, integerOf),
    createdAt: integerOf(createdAt, USERS),
  }
}

function unlessNull<T>(value: unknown, read: (value: unknown, table: string) => T): T | null {
  return value === null ? null : read(value, USERS)
}
