import { continueLogin, type GateOutcome, logIn } from '../auth/gate.ts'
import { forVisitors, HOME } from './guards.ts'
import { type FieldReader, returnPath, withFields } from './input.ts'
import { done, page, type RefusedForm, type RenderPage, type Reply, refusal, throttled } from './reply.ts'
import type { Routes } from './router.ts'
import { userView } from './views.ts'

interface LoginForm {
  readonly identifier: string
  readonly remember: boolean
  readonly returnTo: string
}

export const loginRoutes: Routes = {
  '/login': {
    GET: forVisitors((_, request) =>
      page(form({ identifier: '', remember: false, returnTo: returnPath(request, HOME) })),
    ),
    POST: withFields(readLogin, async ({ accounts }, { visitor }, given) => {
      const { identifier, password, remember } = given
      const login = { method: 'password', action: 'login', input: { identifier, password }, remember }
      return replyTo(given, await logIn(accounts, visitor, login))
    }),
  },
  '/login/continue': {
    POST: withFields(readContinued, async ({ accounts }, { visitor, fields }, given) =>
      replyTo(given, await continueLogin(accounts, visitor, { ...given, input: fields })),
    ),
  },
}

/** Programs may say `username`, and the form has one field for both. */
function readLogin(fields: FieldReader): LoginForm & { password: string } {
  const [email, username] = [fields.text('email'), fields.text('username')]
  return {
    identifier: (email || username).trim(),
    password: fields.text('password'),
    remember: fields.isTicked('remember'),
    returnTo: fields.returnPath(HOME),
  }
}

function readContinued(fields: FieldReader): LoginForm & { method: string; action: string } {
  const [method, action] = [fields.text('method'), fields.text('action')]
  return { method, action, identifier: '', remember: false, returnTo: fields.returnPath(HOME) }
}

function form({ identifier, remember, returnTo }: LoginForm): RenderPage {
  const view = { identifier, remember, returnTo: returnTo === HOME ? null : returnTo }
  return (pages, shown) => pages.login(shown, view)
}

function replyTo(given: LoginForm, outcome: GateOutcome): Reply {
  const again: RefusedForm = { render: form(given) }
  switch (outcome.kind) {
    case 'logged_in':
      return done(
        { message: 'Login successful', user: userView(outcome.user) },
        { location: given.returnTo },
        { cookies: { device: outcome.deviceToken, pending: null } },
      )
    case 'second_factor':
      return done(
        { message: 'Second factor needed', code: 'second_factor', methods: outcome.methods },
        { location: '/login/continue' },
        { status: 202, cookies: { pending: outcome.token } },
      )
    case 'continue':
      return done({ next: outcome.next, ...outcome.body }, { location: '/login' }, { status: 202 })
    case 'throttled':
      return throttled(outcome.retryAfter, again)
    case 'refused':
      return outcome.code === 'invalid_input'
        ? refusal('invalid_body')
        : refusal('invalid_credentials', again)
  }
}
