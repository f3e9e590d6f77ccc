import type { Accounts, Visitor } from '../accounts.ts'
import { insistOnChange } from '../credentials.ts'
import type { TokenContent } from '../oneTimeTokens.ts'
import type { User, UserChanges } from '../types.ts'

export interface OwnersLink {
  readonly purpose: 'email_undo' | 'not_me'
  readonly token: string
  /** `null` for a link that changes nothing. */
  readonly changesOf: (content: TokenContent) => UserChanges | null
}

/**
 * Gives an account back to whoever was mailed this link: every session ends, and no browser is known any more.
 * Returns the user, or `null` for a link that is not good.
 *
 * The link is used up last. There is no way to ask for another one, so whatever fails before that leaves it good, and
 * it may be opened again: doing all this twice does no more than doing it once.
 */
export async function takeBack(
  accounts: Accounts,
  visitor: Visitor,
  { purpose, token, changesOf }: OwnersLink,
): Promise<User | null> {
  const { tokens, knownDevices } = accounts
  const content = await tokens.peek(purpose, token)
  const changes = content === null ? null : changesOf(content)
  if (content === null || changes === null) return null
  const { userId } = content
  visitor.exchange.endIfOf(userId)
  const isProved = async () => (await tokens.peek(purpose, token)) !== null
  const user = await insistOnChange(accounts, visitor, { userId, changes, isProved })
  if (user === null) return null
  await knownDevices.forgetAll(userId)
  return (await tokens.redeem(purpose, token)) === null ? null : user
}
