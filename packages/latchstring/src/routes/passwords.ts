import {
  changePassword,
  type PasswordChange,
  type PasswordChangeOutcome,
} from '../auth/flows/changePassword.ts'
import { type ResetOutcome, requestReset, resetPassword } from '../auth/flows/resetPassword.ts'
import { accountForm, currentUser } from './account.ts'
import { forUsers } from './guards.ts'
import { type FieldReader, withFields } from './input.ts'
import {
  done,
  page,
  type RefusedForm,
  type RenderPage,
  type Reply,
  refusal,
  throttled,
  told,
  weakPassword,
} from './reply.ts'
import type { Routes } from './router.ts'
import type { RouteContext } from './types.ts'

export const passwordRoutes: Routes = {
  '/account/password': {
    POST: forUsers(
      '/account',
      withFields(readChange, async (context, request, change) => {
        const user = await currentUser(context, request)
        if (user === null) return refusal('not_found')
        const outcome = await changePassword(context.accounts, request.visitor, change)
        return replyToChange(outcome, accountForm(context, user, ''))
      }),
    ),
  },
  '/password/forgot': {
    GET: () => page((pages, shown) => pages.forgotPassword(shown, { email: '' })),
    POST: withFields(
      (fields) => fields.text('email'),
      ({ accounts }, { visitor }, email) => {
        requestReset(accounts, visitor, email)
        const body = { message: 'If there is an account with this address, a mail is on its way' }
        return told(body, 'resetMail', { text: 'logIn', href: '/login' }, { status: 202 })
      },
    ),
  },
  '/password/reset': {
    GET: (context, { query }) => page(resetForm(context, query.get('token') ?? ''), { hasToken: true }),
    POST: withFields(readReset, async (context, { visitor }, given) => {
      const outcome = await resetPassword(context.accounts, visitor, given)
      return replyToReset(outcome, resetForm(context, given.token))
    }),
  },
}

function readChange(fields: FieldReader): PasswordChange {
  return { currentPassword: fields.text('currentPassword'), newPassword: fields.text('newPassword') }
}

function readReset(fields: FieldReader): { token: string; newPassword: string } {
  return { token: fields.text('token'), newPassword: fields.text('newPassword') }
}

function replyToChange(outcome: PasswordChangeOutcome, render: RenderPage): Reply {
  switch (outcome.kind) {
    case 'changed':
      return done({ message: 'Password changed' }, { location: '/account', notice: 'passwordChanged' })
    case 'wrong_password':
      return refusal('wrong_password', { render, field: 'currentPassword' })
    case 'weak_password':
      return weakPassword(outcome.weakness, { render, field: 'newPassword' })
    case 'throttled':
      return throttled(outcome.retryAfter, { render })
  }
}

function resetForm({ accounts }: RouteContext, token: string): RenderPage {
  const passwordMinLength = accounts.passwords.minimum
  return (pages, shown) => pages.resetPassword(shown, { token, passwordMinLength })
}

function replyToReset(outcome: ResetOutcome, render: RenderPage): Reply {
  const form: RefusedForm = { render, field: 'newPassword', hasToken: true }
  if (outcome.kind === 'weak_password') return weakPassword(outcome.weakness, form)
  if (outcome.kind === 'invalid_token') return refusal('invalid_token')
  return done({ message: 'Password set' }, { location: '/login', notice: 'passwordReset' })
}
