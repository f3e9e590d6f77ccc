import { Router } from 'express'
import { sendPage } from '../http/answer.ts'
import { allowOnly } from '../http/methods.ts'
import { homePage } from '../pages/home.ts'

export function homeRoutes(): Router {
  const router = Router()

  router
    .route('/')
    .get((request, response) => sendPage(response, homePage(request.session.username ?? null)))
    .all(allowOnly('GET', 'HEAD'))

  return router
}
