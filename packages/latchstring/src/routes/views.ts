import type { User } from '../auth/types.ts'

/** A user as programs see them. Whoever chose no username goes by the email address. */
export interface UserView {
  readonly id: string | number
  readonly email: string
  readonly username: string
}

export function userView({ id, email, username }: User): UserView {
  return { id: typeof id === 'bigint' ? String(id) : id, email, username: username ?? email }
}

/** Times in ISO 8601. */
export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
