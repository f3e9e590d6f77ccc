import type { LoginOptions, LoginUser } from '../core/login.ts'
import type { Exchange } from '../http/exchange.ts'
import type { User } from './types.ts'

/** Whom a session is made for. */
export interface SignInUser extends LoginUser {
  /** Put on the session as `req.session.username`. */
  readonly username?: string | null | undefined
}

/** Logs a user in with the next save of the exchange. */
export function signIn(exchange: Exchange, user: SignInUser, options: LoginOptions): void {
  exchange.logIn(user, options)
  const { data } = exchange.session
  if (typeof user.username === 'string') data.set('username', user.username)
  else data.delete('username')
}

/** Logs in somebody with an account. Whoever chose no username goes by the email address. */
export function signInUser(exchange: Exchange, user: User, options: LoginOptions): void {
  signIn(exchange, { ...user, username: user.username ?? user.email }, options)
}
