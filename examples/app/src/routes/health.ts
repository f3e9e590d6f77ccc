import { Router } from 'express'
import type { Store } from 'latchstring'
import { HttpError } from '../http/errors.ts'
import { allowOnly } from '../http/methods.ts'

const LIMIT = 1_000
/** No token has this digest, so the answer is always "no such session"; what counts is that there is one. */
const KEY = 'health'.padEnd(43, '-')

/** Tells a load balancer whether this process can serve: without the store it can only answer 503. */
export function healthRoutes(store: Store): Router {
  const router = Router()

  router
    .route('/health')
    .get(async (_request, response) => {
      response.set('Cache-Control', 'no-store')
      if (!(await answersInTime(store))) {
        throw new HttpError(503, 'store_unavailable', 'The session store does not answer')
      }
      response.json({ status: 'ok' })
    })
    .all(allowOnly('GET', 'HEAD'))

  return router
}

async function answersInTime(store: Store): Promise<boolean> {
  const timeUp = Promise.withResolvers<boolean>()
  const timer = setTimeout(timeUp.resolve, LIMIT, false)
  try {
    return await Promise.race([store.read(KEY).then(() => true), timeUp.promise])
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}
