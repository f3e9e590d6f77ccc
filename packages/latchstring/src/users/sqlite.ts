import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { CreateOutcome, NewUser, Taken, UpdateOutcome, User, UserChanges, Users } from '../auth/types.ts'
import { accessTo, prepare } from '../stores/_sqliteAccess.ts'
import { checkChanges, checkNewUser, isStorable } from './_check.ts'
import {
  assignmentsOf,
  assignmentsOfNew,
  EMAIL_INDEX,
  insertText,
  REMOVE_TEXT,
  selectText,
  USERNAME_INDEX,
  USERS,
  updateText,
  userOf,
  usersSchema,
  valuesOf,
} from './_columns.ts'
import { changedUser, createdUser, ownIdOf } from './_user.ts'

export interface SqliteUsers extends Users {
  /** Closes the database if it was opened here. Calls that come later are rejected. */
  close(): void
}

/**
 * Users in a SQLite file, with what Node brings along: the file that `sqliteStore` has, or another one. Several
 * processes of one machine may share it; it must be on a local disk.
 *
 * Missing folders are created, readable by the owner only. A change is acknowledged when it is on the disk.
 *
 * A `DatabaseSync` handed in keeps all its settings, and may be the one of `sqliteStore`: only the tables
 * `latchstring_users` and `latchstring_users_schema` are created. What `sqliteStore` says of pragmas and of open
 * transactions holds here too.
 *
 * @throws LatchstringError `invalid_option` for anything else, `store_unavailable` when the file cannot be used.
 * @example
 * const users = sqliteUsers('data/app.db')
 */
export function sqliteUsers(pathOrDatabase: string | DatabaseSync): SqliteUsers {
  const schema = usersSchema(MIGRATIONS)
  const { sql, read, write, close } = accessTo(pathOrDatabase, { taker: 'sqliteUsers', schema, prepareAll })
  return {
    find: async (id) => read(() => findBy(sql.id, ownIdOf(id))),
    findByEmail: async (key) => read(() => findBy(sql.email_key, storableOf(key))),
    findByUsername: async (key) => read(() => findBy(sql.username_key, storableOf(key))),
    create: async (user) => {
      checkNewUser(user)
      return write(() => create(sql, user))
    },
    update: async (id, credentialVersion, changes) => {
      checkChanges(changes)
      return write(() => swap(sql, ownIdOf(id), credentialVersion, changes))
    },
    remove: (id) => write(() => sql.remove.run(ownIdOf(id)).changes === 1),
    close,
  }
}

/** AUTOINCREMENT: an id is never given a second time, not even when the newest user was removed. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE ${USERS} (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    username TEXT,
    username_key TEXT,
    password_hash TEXT,
    credential_version INTEGER NOT NULL,
    email_verified_at INTEGER,
    disabled_at INTEGER,
    created_at INTEGER NOT NULL,
    revision INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX ${EMAIL_INDEX} ON ${USERS} (email_key);
  CREATE UNIQUE INDEX ${USERNAME_INDEX} ON ${USERS} (username_key);`,
]

type Statements = ReturnType<typeof prepareAll>

function prepareAll(database: DatabaseSync) {
  return {
    id: prepare(database, selectText('id')),
    email_key: prepare(database, selectText('email_key')),
    username_key: prepare(database, selectText('username_key')),
    remove: prepare(database, REMOVE_TEXT),
    change: preparedOnce(database),
  }
}

/** Which columns a change names is known when it comes. There are few such statements. */
function preparedOnce(database: DatabaseSync): (text: string) => StatementSync {
  const statements = new Map<string, StatementSync>()
  return (text) => {
    const statement = statements.get(text) ?? prepare(database, text)
    statements.set(text, statement)
    return statement
  }
}

/** Nobody has the key `null`. */
function findBy(statement: StatementSync, key: number | string | null): User | null {
  const found = statement.get(key)
  return found === undefined ? null : userOf(Object.values(found))
}

/** SQLite would look for another key: each lone surrogate becomes U+FFFD on the way in. */
function storableOf(key: string): string | null {
  return isStorable(key) ? key : null
}

/** The transaction has the only right to write: what is free stays free until the user is stored. */
function create(sql: Statements, user: NewUser): CreateOutcome {
  const taken = takenOf(sql, user, null)
  if (taken !== null) return taken
  const assignments = assignmentsOfNew(user, same)
  const { lastInsertRowid } = sql.change(insertText(assignments)).run(...valuesOf(assignments))
  return { kind: 'created', user: createdUser(Number(lastInsertRowid), user) }
}

function swap(
  sql: Statements,
  id: number | null,
  credentialVersion: number,
  changes: UserChanges,
): UpdateOutcome {
  const before = findBy(sql.id, id)
  if (before?.credentialVersion !== credentialVersion) return { kind: 'changed' }
  const taken = takenOf(sql, changes, id)
  if (taken !== null) return taken
  const assignments = assignmentsOf(changes, same)
  sql.change(updateText(assignments)).run(...valuesOf(assignments), id, credentialVersion)
  return { kind: 'updated', user: changedUser(before, changes) }
}

/** Who has an identifier of these is in the way, except the user `self`. */
function takenOf(sql: Statements, { email, username }: UserChanges, self: number | null): Taken | null {
  const isTaken = (other: User | null) => other !== null && other.id !== self
  if (email && isTaken(findBy(sql.email_key, email.key))) return { kind: 'taken', field: 'email' }
  if (username && isTaken(findBy(sql.username_key, username.key))) return { kind: 'taken', field: 'username' }
  return null
}

function same(key: string): string {
  return key
}
