import { type SignUp, type SignUpOutcome, signUp } from '../auth/flows/signUp.ts'
import { forVisitors, HOME } from './guards.ts'
import { type FieldReader, returnPath, withFields } from './input.ts'
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
import { userView } from './views.ts'

export const signupRoutes: Routes = {
  '/signup': {
    GET: forVisitors((context, request) =>
      page(form(context, { email: '', username: '', returnTo: returnPath(request, HOME) })),
    ),
    POST: withFields(readSignUp, async (context, { visitor }, given) =>
      replyTo(context, given, await signUp(context.accounts, visitor, given)),
    ),
  },
}

interface SignUpForm extends Omit<SignUp, 'password'> {
  readonly returnTo: string
}

function readSignUp(fields: FieldReader): SignUp & SignUpForm {
  return {
    email: fields.text('email'),
    username: fields.text('username').trim(),
    password: fields.text('password'),
    returnTo: fields.returnPath(HOME),
  }
}

function form({ accounts }: RouteContext, { email, username, returnTo }: SignUpForm): RenderPage {
  const passwordMinLength = accounts.passwords.minimum
  const view = { email, username, passwordMinLength, returnTo: returnTo === HOME ? null : returnTo }
  return (pages, shown) => pages.signup(shown, view)
}

function replyTo(context: RouteContext, given: SignUpForm, outcome: SignUpOutcome): Reply {
  const again = (field?: string): RefusedForm => ({ render: form(context, given), ...(field && { field }) })
  switch (outcome.kind) {
    case 'created':
      return done(
        { user: userView(outcome.user) },
        { location: given.returnTo },
        { status: 201, cookies: { device: outcome.deviceToken } },
      )
    case 'accepted':
      return told({ message: 'Check your mail' }, 'signupMail', null, { status: 202 })
    case 'weak_password':
      return weakPassword(outcome.weakness, again('password'))
    case 'throttled':
      return throttled(outcome.retryAfter, again())
    case 'refused':
      return refusal(outcome.code, again(outcome.code.includes('email') ? 'email' : 'username'))
  }
}
