import { Router } from 'express'
import { prefersPage } from '../http/answer.ts'
import { allowOnly } from '../http/methods.ts'
import type { Services } from '../services.ts'

export function logoutRoutes({ auth }: Services): Router {
  const router = Router()

  router
    .route('/logout')
    .post(async (request, response) => {
      await auth.endSession(request)
      if (prefersPage(request)) response.redirect(303, '/')
      else response.json({ message: 'Logged out' })
    })
    .all(allowOnly('POST'))

  return router
}
