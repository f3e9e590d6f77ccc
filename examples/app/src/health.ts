import type { RequestHandler } from 'express'
import type { Store } from 'latchstring'
import { refuse } from './errors.ts'
import { probe } from './probe.ts'

const LIMIT = 1_000

/** Tells a load balancer whether this process can serve: without the store it can only answer 503. */
export function health(store: Store): RequestHandler {
  return async (request, response) => {
    response.set('Cache-Control', 'no-store')
    if (await answersInTime(store)) response.json({ status: 'ok' })
    else refuse(request, response, NO_ANSWER)
  }
}

const NO_ANSWER = { status: 503, code: 'store_unavailable', message: 'The session store does not answer' }

async function answersInTime(store: Store): Promise<boolean> {
  const timeUp = Promise.withResolvers<boolean>()
  const timer = setTimeout(timeUp.resolve, LIMIT, false)
  try {
    return await Promise.race([probe(store).then(() => true), timeUp.promise])
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}
