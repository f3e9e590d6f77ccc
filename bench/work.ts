import type { Server } from 'node:http'

/** What every contestant does: `GET /protected` for these logged-in users, in turn. */
export const SESSIONS = 256

/** What a contestant is given. It travels as JSON. */
export interface Work {
  /** About how many bytes of JSON the application keeps in each session. */
  readonly dataBytes: number
  /** Where the servers run. Each contestant has a database, a prefix and a folder of its own. */
  readonly postgres: string
  readonly mysql: string
  readonly redis: string
  /** For the keys of Redis. */
  readonly prefix: string
  readonly folder: string
  readonly sessions: number
}

/** In the folder, for contestants that keep sessions in SQLite. */
export const SQLITE_FILE = 'sessions.db'

/**
 * A server, not listening yet. `POST /login/<number>` logs that user in, and is sent what a program sends for it:
 * `email` and `password` in JSON. `GET /protected` answers with the user of the session, or 401.
 */
export type Contestant = (work: Work) => Server | Promise<Server>

export interface User {
  readonly id: string
  readonly username: string
}

export function userOf(number: string | number): User {
  return { id: `user-${number}`, username: `user.${number}@example.com` }
}

export const PASSWORD = 'a long enough password of the bench'

/** What the application keeps of a user's visit: small objects in a list, like most of what is in sessions. */
export function dataOf({ dataBytes }: Work): { cart: object[] } {
  const cart: object[] = []
  while (JSON.stringify({ cart }).length < dataBytes) {
    cart.push({ item: 1_000 + cart.length, title: 'A small thing', count: 1 })
  }
  return { cart }
}

/** The secret of contestants that sign or encrypt. */
export const SECRET = 'a secret of the bench, 32 bytes or more'
