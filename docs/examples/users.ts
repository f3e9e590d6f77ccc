import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { Taken, User, UserChanges, Users } from 'latchstring/accounts'

/** Beside these columns the table may have any of your own. */
export const PEOPLE = `CREATE TABLE people (
  id INTEGER PRIMARY KEY AUTOINCREMENT, createdAt INTEGER NOT NULL,
  email TEXT NOT NULL, emailKey TEXT NOT NULL UNIQUE, username TEXT, usernameKey TEXT UNIQUE,
  emailVerifiedAt INTEGER, passwordHash TEXT, credentialVersion INTEGER NOT NULL DEFAULT 1, disabledAt INTEGER)`

const INSERT = `INSERT INTO people (email, emailKey, username, usernameKey, passwordHash, createdAt)
  VALUES ($email, $emailKey, $username, $usernameKey, $passwordHash, $createdAt) RETURNING *`

const SELECT = 'SELECT * FROM people WHERE id = ? AND credentialVersion = ?'

const UPDATE = `UPDATE people SET email = $email, emailKey = $emailKey, username = $username,
  usernameKey = $usernameKey, emailVerifiedAt = $emailVerifiedAt, passwordHash = $passwordHash,
  credentialVersion = $credentialVersion, disabledAt = $disabledAt WHERE id = $id RETURNING *`

export function peopleUsers(db: DatabaseSync): Users {
  const find = (column: 'id' | 'emailKey' | 'usernameKey', value: string) => {
    const row = isExact(value) ? db.prepare(`SELECT * FROM people WHERE ${column} = ?`).get(value) : undefined
    return row === undefined ? null : userOf(row)
  }
  const taken = ({ email, username }: UserChanges, self?: User['id']): Taken | null => {
    const isOther = (user: User | null) => user !== null && user.id !== self
    if (email && isOther(find('emailKey', email.key))) return { kind: 'taken', field: 'email' }
    if (username && isOther(find('usernameKey', username.key))) return { kind: 'taken', field: 'username' }
    return null
  }
  return {
    find: async (id) => find('id', String(id)),
    findByEmail: async (key) => find('emailKey', key),
    findByUsername: async (key) => find('usernameKey', key),
    create: async (user) =>
      atomically(db, () => taken(user) ?? { kind: 'created', user: stored(db, INSERT, columnsOf(user)) }),
    update: async (id, credentialVersion, changes) =>
      atomically(db, () => {
        const row = db.prepare(SELECT).get(String(id), credentialVersion)
        if (row === undefined) return { kind: 'changed' }
        const columns = { ...row, ...columnsOf(changes) }
        return taken(changes, userOf(row).id) ?? { kind: 'updated', user: stored(db, UPDATE, columns) }
      }),
    remove: async (id) => db.prepare('DELETE FROM people WHERE id = ?').run(String(id)).changes === 1,
  }
}

/** Of two processes one waits for the other: what was looked up stays true until it is written. */
function atomically<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}

type Columns = Record<string, SQLOutputValue>

function stored(db: DatabaseSync, sql: string, columns: Columns): User {
  if (!Object.values(columns).every(isExact)) throw new TypeError('That text cannot be stored.')
  const statement = db.prepare(sql)
  statement.setAllowUnknownNamedParameters(true)
  return userOf(statement.get(columns) ?? {})
}

/** SQLite would change these; our keys never hold any. */
function isExact(value: unknown): boolean {
  return typeof value !== 'string' || (value.isWellFormed() && !value.includes('\0'))
}

/** Only what is named changes; what is named `null` becomes null. */
function columnsOf({ email, username, ...others }: UserChanges): Columns {
  return {
    ...others,
    ...(email && { email: email.text, emailKey: email.key }),
    ...(username !== undefined && { username: username?.text ?? null, usernameKey: username?.key ?? null }),
  }
}

function userOf(row: Columns): User {
  const { id, email, username, emailVerifiedAt, passwordHash, credentialVersion, disabledAt, createdAt } = row
  return {
    id: Number(id),
    email: String(email),
    username: textOf(username),
    emailVerifiedAt: timeOf(emailVerifiedAt),
    passwordHash: textOf(passwordHash),
    credentialVersion: Number(credentialVersion),
    disabledAt: timeOf(disabledAt),
    createdAt: Number(createdAt),
  }
}

function textOf(value: SQLOutputValue | undefined): string | null {
  return value == null ? null : String(value)
}

function timeOf(value: SQLOutputValue | undefined): number | null {
  return value == null ? null : Number(value)
}
