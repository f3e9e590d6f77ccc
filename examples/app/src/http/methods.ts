import type { RequestHandler } from 'express'
import { HttpError } from './errors.ts'

/** Refuses every other method of a path. The method is the one of the request line: no field or header changes it. */
export function allowOnly(...methods: string[]): RequestHandler {
  const allow = methods.join(', ')
  return (_request, response) => {
    response.set('Allow', allow)
    throw new HttpError(405, 'method_not_allowed', `This address takes ${allow}`)
  }
}
