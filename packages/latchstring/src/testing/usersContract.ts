import { describe, type TestContext, test } from 'node:test'
import type { Users } from '../auth/types.ts'
import type { UsersContractCase } from './users/case.ts'
import { createCases } from './users/create.ts'
import { findCases } from './users/find.ts'
import { removeCases } from './users/remove.ts'
import { swapCases } from './users/swap.ts'
import { textCases } from './users/text.ts'
import { updateCases } from './users/update.ts'

export type { UsersContractCase }

/** One empty database, opened twice; where that cannot be, twice the same. */
export type UsersOpenedTwice = readonly [Users, Users]

export interface TestUsersOptions {
  /** What the tests are grouped under. Default: `users contract`. */
  readonly name?: string
}

/** The contract, sentence by sentence, for runners other than node:test. Each case takes users that nobody is among. */
export const usersContract: readonly UsersContractCase[] = [
  ...findCases,
  ...createCases,
  ...updateCases,
  ...swapCases,
  ...removeCases,
  ...textCases,
]

/** Against users that never answer. */
const CASE_TIMEOUT = 60_000

/**
 * Registers the contract that every `Users` has to keep as tests of node:test. `make` is called once for each test and
 * gives an empty database, opened twice: by two connections, if that is how your application runs.
 *
 * @example
 * testUsers(async (t) => {
 *   const database = await emptyDatabase(t)
 *   return [myUsers(database), myUsers(database)]
 * })
 */
export function testUsers(
  make: (t: TestContext) => UsersOpenedTwice | Promise<UsersOpenedTwice>,
  { name = 'users contract' }: TestUsersOptions = {},
): void {
  // describe promises to have run its tests; node:test waits for that by itself.
  void describe(name, () => {
    for (const { name, run } of usersContract) {
      void test(name, { timeout: CASE_TIMEOUT }, async (t) => run(...(await make(t))))
    }
  })
}
