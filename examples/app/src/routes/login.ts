import { type Request, Router } from 'express'
import { prefersPage, refuse, sendPage } from '../http/answer.ts'
import { booleanField, field, readBody, textField } from '../http/body.ts'
import { allowOnly } from '../http/methods.ts'
import { safeReturnPath } from '../http/returnPath.ts'
import { loginPage } from '../pages/login.ts'
import type { Services } from '../services.ts'
import type { User } from '../users.ts'

const HOME = '/account'

/** The same for every cause: the answer does not tell who has an account. */
const REFUSED = { status: 401, code: 'invalid_credentials', message: 'Invalid credentials' }

interface LoginForm {
  readonly login: string
  readonly password: string
  readonly remember: boolean
  readonly returnTo: string
}

export function loginRoutes({ auth, users, passwords }: Services): Router {
  const router = Router()

  router
    .route('/login')
    .get((request, response) => {
      const { returnTo: wanted } = request.query
      const returnTo = safeReturnPath(wanted, HOME)
      if (request.session.userId === null) sendPage(response, loginPage({ returnTo }))
      else response.redirect(303, returnTo)
    })
    .post(readBody, async (request, response) => {
      const form = readForm(request)
      const user = await verifiedUser(form)
      if (user === null)
        return refuse(request, response, REFUSED, () => loginPage({ ...form, problem: REFUSED.message }))

      await auth.generateSession(request, user, { remember: form.remember })
      if (prefersPage(request)) response.redirect(303, form.returnTo)
      else response.json({ message: 'Login successful', user })
    })
    .all(allowOnly('GET', 'HEAD', 'POST'))

  async function verifiedUser({ login, password }: LoginForm): Promise<User | null> {
    const credentials = await users.findByLogin(login)
    const isRight = await passwords.verify(password, credentials?.passwordHash ?? null)
    return isRight && credentials !== null ? credentials.user : null
  }

  return router
}

function readForm(request: Request): LoginForm {
  return {
    login: (textField(request, 'email') || textField(request, 'username')).trim(),
    password: textField(request, 'password'),
    remember: booleanField(request, 'remember'),
    returnTo: safeReturnPath(field(request, 'returnTo'), HOME),
  }
}
