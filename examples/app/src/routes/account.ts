import { Router } from 'express'
import { prefersPage, sendPage } from '../http/answer.ts'
import { HttpError } from '../http/errors.ts'
import { allowOnly } from '../http/methods.ts'
import { accountPage } from '../pages/account.ts'
import { protectedPage } from '../pages/protected.ts'
import type { Services } from '../services.ts'
import { currentSession } from '../session.ts'

export function accountRoutes({ auth, users }: Services): Router {
  const router = Router()

  router
    .route('/protected')
    .get(auth.authenticate, (request, response) => {
      const { userId, username = '' } = request.session
      if (prefersPage(request)) sendPage(response, protectedPage(username))
      else response.json({ message: 'You are authenticated!', userId, username })
    })
    .all(allowOnly('GET', 'HEAD'))

  router
    .route('/account')
    .get(auth.authenticate, async (request, response) => {
      const user = await users.find(currentSession(request).userId)
      if (user === null) throw new HttpError(404, 'not_found', 'This account is gone')
      sendPage(response, accountPage(user))
    })
    .all(allowOnly('GET', 'HEAD'))

  return router
}
