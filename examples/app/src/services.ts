import type { Store } from 'latchstring'
import type { Auth } from 'latchstring/express'
import type { Passwords } from './passwords.ts'
import type { Users } from './users.ts'

/** What the routes work with. */
export interface Services {
  readonly auth: Auth
  readonly store: Store
  readonly users: Users
  readonly passwords: Passwords
}
