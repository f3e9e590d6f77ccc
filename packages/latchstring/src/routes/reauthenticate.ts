import type { AttemptResult } from '../auth/attempt.ts'
import { reauthenticate } from '../auth/gate.ts'
import { forUsers } from './guards.ts'
import { returnPath, withFields } from './input.ts'
import { done, page, type RenderPage, type Reply, refusal, throttled } from './reply.ts'
import type { Routes } from './router.ts'

const PATH = '/account/reauthenticate'
const HOME = '/account'

export const reauthenticateRoutes: Routes = {
  [PATH]: {
    GET: forUsers(PATH, (_, request) => page(form(returnPath(request, HOME)))),
    POST: forUsers(
      PATH,
      withFields(
        (fields) => ({ password: fields.text('password'), returnTo: fields.returnPath(HOME) }),
        async ({ accounts }, { visitor }, { password, returnTo }) => {
          const given = { method: 'password', action: 'confirm', input: { password } }
          return replyTo(await reauthenticate(accounts, visitor, given), returnTo)
        },
      ),
    ),
  },
}

function form(returnTo: string): RenderPage {
  return (pages, shown) => pages.reauthenticate(shown, { returnTo })
}

function replyTo(result: AttemptResult, returnTo: string): Reply {
  const again = { render: form(returnTo), field: 'password' }
  if (result.kind === 'verified') return done({ message: 'Authenticated' }, { location: returnTo })
  return result.kind === 'throttled'
    ? throttled(result.retryAfter, again)
    : refusal('invalid_credentials', again)
}
