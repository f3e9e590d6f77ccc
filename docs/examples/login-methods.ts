import { createHash, timingSafeEqual } from 'node:crypto'
import type { LoginMethod, Outcome, User, Users } from 'latchstring/accounts'

const REFUSED: Outcome = { kind: 'refused', code: 'invalid_credentials' }

/** A second factor: a word that the support desk gives to those who ask for more care. */
export function watchword(users: Users, wordOf: (user: User) => string | null): LoginMethod {
  return {
    id: 'watchword',
    factor: 'second',
    enrolled: async (userId) => {
      const user = await users.find(userId)
      return user !== null && wordOf(user) !== null
    },
    actions: {
      verify: async ({ word }, attempt) => {
        const user = attempt.userId === null ? null : await users.find(attempt.userId)
        if (user === null || !(await attempt.begin({ user, identifier: String(user.id) }))) return REFUSED
        const right = wordOf(user)
        if (right === null || typeof word !== 'string' || !isSame(word, right)) return REFUSED
        return { kind: 'verified', userId: user.id, credentialVersion: user.credentialVersion }
      },
    },
  }
}

/** In the same time, wherever the two begin to differ. */
function isSame(one: string, other: string): boolean {
  return timingSafeEqual(digestOf(one), digestOf(other))
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
