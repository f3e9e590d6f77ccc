import assert from 'node:assert/strict'
import type { CreateOutcome, Identifier, NewUser, User, Users } from '../../auth/types.ts'
import { countOf, NOW, parallel } from '../contract/case.ts'

export { countOf, NOW, parallel }

/** One sentence of the contract, and what proves it on an empty database that was opened twice. */
export interface UsersContractCase {
  readonly name: string
  readonly run: (users: Users, other: Users) => Promise<void>
}

/** A text that is its own key. */
export function same(text: string): Identifier {
  return { text, key: text }
}

/** A user as somebody signs up, with what the test says different. */
export function aNewUser(email = 'ann@example.com', changes: Partial<NewUser> = {}): NewUser {
  return { email: same(email), username: null, passwordHash: '$hash$', createdAt: NOW, ...changes }
}

export async function created(users: Users, user: NewUser = aNewUser()): Promise<User> {
  return userIn(await users.create(user))
}

export function userIn(outcome: CreateOutcome): User {
  assert.equal(outcome.kind, 'created')
  return outcome.user
}

/** The same calls, shared out between the two. */
export function inTurns<T>(
  [left, right]: readonly [Users, Users],
  count: number,
  call: (users: Users, index: number) => Promise<T>,
): Promise<T[]> {
  return parallel(count, (index) => call(index % 2 === 0 ? left : right, index))
}

/** The number of outcomes of each kind; of taken ones with the field. */
export function tally(
  outcomes: readonly ({ kind: string } | { kind: 'taken'; field: string })[],
): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const outcome of outcomes) {
    const name = 'field' in outcome ? `${outcome.kind} ${outcome.field}` : outcome.kind
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}
