import type { Accounts, Visitor } from '../auth/accounts.ts'
import { confirmEmail, requestEmailChange, undoEmailChange } from '../auth/flows/changeEmail.ts'
import { secureAccount } from '../auth/flows/secureAccount.ts'
import { resendVerification, verifyEmail } from '../auth/flows/verifyEmail.ts'
import { accountForm, currentUser } from './account.ts'
import { forRecentUsers, forUsers } from './guards.ts'
import { withFields } from './input.ts'
import { done, page, type Reply, refusal, told } from './reply.ts'
import type { Route, Routes } from './router.ts'

export const emailRoutes: Routes = {
  '/account/email': {
    POST: forRecentUsers(
      '/account',
      withFields(
        (fields) => fields.text('newEmail'),
        async (context, request, newEmail) => {
          const user = await currentUser(context, request)
          if (user === null) return refusal('not_found')
          const outcome = await requestEmailChange(context.accounts, request.visitor, newEmail)
          if (outcome === 'requested') return changeRequested()
          return refusal('invalid_email', { render: accountForm(context, user, newEmail), field: 'newEmail' })
        },
      ),
    ),
  },
  '/email/verify/resend': {
    POST: forUsers('/account', async ({ accounts }, { visitor }) => {
      await resendVerification(accounts, visitor)
      const next = { location: '/account', notice: 'verificationMail' } as const
      return done({ message: 'Check your mail' }, next, { status: 202 })
    }),
  },
  '/email/verify': tokenRoute('verifyEmail', verifyEmail, verified),
  '/email/confirm': tokenRoute('confirmEmail', confirmEmail, changed),
  '/email/undo': tokenRoute('undoEmail', undoEmailChange, undone),
  '/account/not-me': tokenRoute('notMe', secureAccount, secured),
}

function changeRequested(): Reply {
  const next = { location: '/account', notice: 'emailChangeMail' } as const
  return done({ message: 'Check the mail of the new address' }, next, { status: 202 })
}

/** Opening a mailed link shows a page and changes nothing: programs that look into mails open links too. */
function tokenRoute(
  name: 'verifyEmail' | 'confirmEmail' | 'undoEmail' | 'notMe',
  redeem: (accounts: Accounts, visitor: Visitor, token: string) => Promise<boolean>,
  success: (visitor: Visitor) => Reply,
): Route {
  return {
    GET: (_, { query }) => {
      const token = query.get('token') ?? ''
      return page((pages, shown) => pages[name](shown, { token }), { hasToken: true })
    },
    POST: withFields(
      (fields) => fields.text('token'),
      async ({ accounts }, { visitor }, token) =>
        (await redeem(accounts, visitor, token)) ? success(visitor) : refusal('invalid_token'),
    ),
  }
}

function verified({ exchange }: Visitor): Reply {
  const location = exchange.status === 'active' ? '/account' : '/login'
  return done({ message: 'Email address verified' }, { location, notice: 'emailVerified' })
}

function changed({ exchange }: Visitor): Reply {
  const location = exchange.status === 'active' ? '/account' : '/login'
  return done({ message: 'Email address changed' }, { location, notice: 'emailChanged' })
}

function undone(): Reply {
  return told({ message: 'Change undone' }, 'emailChangeUndone', null)
}

function secured(): Reply {
  return told({ message: 'Account secured' }, 'accountSecured', null)
}
