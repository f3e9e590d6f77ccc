import type { DatabaseSync } from 'node:sqlite'

/** A person with an account, as the app shows them. */
export interface User {
  readonly id: number
  readonly email: string
  /** The email address for whoever chose no username. */
  readonly username: string
}

export interface NewUser {
  readonly email: string
  readonly username: string | null
  readonly passwordHash: string
}

export interface Credentials {
  readonly user: User
  readonly passwordHash: string
}

/** What a sign-up came to: a taken name is an answer, not an error. */
export type InsertOutcome = { readonly user: User } | { readonly taken: 'email' | 'username' }

export interface Users {
  insert(user: NewUser): Promise<InsertOutcome>
  find(id: number): Promise<User | null>
  /** By email address or username. They cannot be confused: a username holds no @. */
  findByLogin(emailOrUsername: string): Promise<Credentials | null>
}

const INSERT = `
  insert into users (email, email_key, username, username_key, password_hash, created_at)
  values (?, ?, ?, ?, ?, ?) on conflict do nothing returning id, email, username
`
const FIND = 'select id, email, username from users where id = ?'
const FIND_BY_LOGIN = `
  select id, email, username, password_hash as passwordHash from users where email_key = ?1 or username_key = ?1
`

export function createUsers(database: DatabaseSync): Users {
  const insert = database.prepare(INSERT)
  const find = database.prepare(FIND)
  const findByLogin = database.prepare(FIND_BY_LOGIN)
  return {
    async insert({ email, username, passwordHash }) {
      const usernameKey = username === null ? null : keyOf(username)
      // One statement: of two sign-ups at once for one address, exactly one gets a row back.
      const row = insert.get(email, keyOf(email), username, usernameKey, passwordHash, Date.now())
      if (row !== undefined) return { user: userOf(row) }
      return { taken: findByLogin.get(keyOf(email)) === undefined ? 'username' : 'email' }
    },
    async find(id) {
      const row = find.get(id)
      return row === undefined ? null : userOf(row)
    },
    async findByLogin(emailOrUsername) {
      const row = findByLogin.get(keyOf(emailOrUsername))
      if (row === undefined) return null
      const { passwordHash } = row
      return { user: userOf(row), passwordHash: String(passwordHash) }
    },
  }
}

/** Only A to Z have a lower case here: Unicode folds some letters into others, and two people into one. */
function keyOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

function userOf({ id, email, username }: Record<string, unknown>): User {
  return { id: Number(id), email: String(email), username: String(username ?? email) }
}
