import { type Request, Router } from 'express'
import { prefersPage, type Refusal, refuse, sendPage } from '../http/answer.ts'
import { readBody, textField } from '../http/body.ts'
import { allowOnly } from '../http/methods.ts'
import { signupPage } from '../pages/signup.ts'
import { passwordWeakness } from '../passwords.ts'
import type { Services } from '../services.ts'

interface SignupForm {
  readonly email: string
  readonly username: string
  readonly password: string
}

const LONGEST_EMAIL = 254
/** What browsers take for an email address: the definition of `<input type="email">` in the HTML standard. */
const EMAIL =
  /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/
/** No @, so that a username is never somebody else's email address. */
const USERNAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/

const INVALID_EMAIL = { status: 400, code: 'invalid_email', message: 'Enter an email address' }
const INVALID_USERNAME = {
  status: 400,
  code: 'invalid_username',
  message: 'A username takes up to 64 letters and digits, also . _ and -, and begins with a letter or digit',
}
const TAKEN = {
  email: { status: 409, code: 'email_taken', message: 'There is an account with this email address already' },
  username: { status: 409, code: 'username_taken', message: 'This username is taken' },
}

export function signupRoutes({ auth, users, passwords }: Services): Router {
  const router = Router()

  router
    .route('/signup')
    .get((request, response) => {
      if (request.session.userId === null) sendPage(response, signupPage())
      else response.redirect(303, '/account')
    })
    .post(readBody, async (request, response) => {
      const form = readForm(request)
      const refuseWith = (refusal: Refusal) =>
        refuse(request, response, refusal, () => signupPage({ ...form, problem: refusal.message }))

      const refusal = refusalOf(form)
      if (refusal !== null) return refuseWith(refusal)
      const passwordHash = await passwords.hash(form.password)
      const outcome = await users.insert({ email: form.email, username: form.username || null, passwordHash })
      if ('taken' in outcome) return refuseWith(TAKEN[outcome.taken])

      await auth.generateSession(request, outcome.user)
      if (prefersPage(request)) response.redirect(303, '/account')
      else response.status(201).json({ user: outcome.user })
    })
    .all(allowOnly('GET', 'HEAD', 'POST'))

  return router
}

function readForm(request: Request): SignupForm {
  return {
    email: textField(request, 'email').trim(),
    username: textField(request, 'username').trim(),
    password: textField(request, 'password'),
  }
}

function refusalOf({ email, username, password }: SignupForm): Refusal | null {
  if (email.length > LONGEST_EMAIL || !EMAIL.test(email)) return INVALID_EMAIL
  if (username !== '' && !USERNAME.test(username)) return INVALID_USERNAME
  const weakness = passwordWeakness(password, [email, username])
  return weakness === null ? null : { status: 400, code: 'weak_password', message: weakness }
}
