import { type Request, Router } from 'express'
import { prefersPage, sendPage } from '../http/answer.ts'
import { HttpError } from '../http/errors.ts'
import { allowOnly } from '../http/methods.ts'
import { sessionsPage } from '../pages/sessions.ts'
import type { Services } from '../services.ts'
import { currentSession, leaveNotice, takeNotice } from '../session.ts'
import { sessionViews } from '../sessionViews.ts'

const PAGE = '/account/sessions'

export function sessionRoutes({ auth }: Services): Router {
  const router = Router()

  router
    .route(PAGE)
    .get(auth.authenticate, async (request, response) => {
      const current = currentSession(request)
      const sessions = sessionViews(await auth.sessions.list(current.userId), current.id)
      if (prefersPage(request)) sendPage(response, sessionsPage(sessions, takeNotice(request)))
      else response.json({ sessions })
    })
    .all(allowOnly('GET', 'HEAD'))

  router
    .route(`${PAGE}/revoke-others`)
    .post(auth.authenticate, async (request, response) => {
      const { userId, id } = currentSession(request)
      const revoked = await auth.sessions.revokeOthers(userId, id)
      if (!prefersPage(request)) return response.json({ revoked })
      leaveNotice(request, 'You are logged out everywhere else')
      return response.redirect(303, PAGE)
    })
    .all(allowOnly('POST'))

  router
    .route(`${PAGE}/:id/revoke`)
    .post(auth.authenticate, async (request, response) => {
      await revoke(request, request.params.id)
      if (prefersPage(request)) response.redirect(303, PAGE)
      else response.json({ message: 'Session revoked' })
    })
    .all(allowOnly('POST'))

  async function revoke(request: Request, id: string): Promise<void> {
    const current = currentSession(request)
    if (id === current.id) return auth.endSession(request)
    const isRevoked = await auth.sessions.revoke(current.userId, id)
    // Somebody else's session is not found here either: the answer does not tell whose it is.
    if (!isRevoked) throw new HttpError(404, 'not_found', 'You have no such session')
    if (prefersPage(request)) leaveNotice(request, 'That session is logged out')
  }

  return router
}
