import { deleteAccount } from '../auth/flows/deleteAccount.ts'
import type { User } from '../auth/types.ts'
import { forRecentUsers, forUsers } from './guards.ts'
import { done, page, type RenderPage, type Reply, redirect, refusal } from './reply.ts'
import type { RoutedRequest, Routes } from './router.ts'
import type { RouteContext } from './types.ts'
import { userView } from './views.ts'

const PATH = '/account'

export const accountRoutes: Routes = {
  [PATH]: {
    GET: forUsers(PATH, async (context, request) => {
      const user = await currentUser(context, request)
      if (user === null) return refusal('not_found')
      return page(accountForm(context, user, ''), { body: { user: userView(user) } })
    }),
  },
  '/account/delete': {
    GET: forRecentUsers('/account/delete', () => page((pages, shown) => pages.deleteAccount(shown))),
    POST: forRecentUsers('/account/delete', async ({ accounts }, { visitor }) => {
      await deleteAccount(accounts, visitor)
      return done({ message: 'Account deleted' }, { location: '/', notice: 'accountDeleted' })
    }),
  },
  // https://w3c.github.io/webappsec-change-password-url/: password managers look here.
  '/.well-known/change-password': { GET: (): Reply => redirect(PATH, 302) },
}

export async function currentUser(
  { accounts }: RouteContext,
  { visitor }: RoutedRequest,
): Promise<User | null> {
  const { userId } = visitor.exchange.session
  return userId === null ? null : accounts.users.find(userId)
}

/** The account page, which holds the forms for the email address and the password. */
export function accountForm({ accounts }: RouteContext, user: User, newEmail: string): RenderPage {
  const { email, username, emailVerifiedAt } = user
  const view = {
    user: { email, username },
    isEmailVerified: emailVerifiedAt !== null,
    newEmail,
    passwordMinLength: accounts.passwords.minimum,
  }
  return (pages, shown) => pages.account(shown, view)
}
