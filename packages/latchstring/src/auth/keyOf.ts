import { parseEmail } from './identifiers.ts'
import type { User } from './types.ts'

/** What the user's address is compared by. */
export function keyOf({ email }: Pick<User, 'email'>): string | null {
  return parseEmail(email)?.key ?? null
}
