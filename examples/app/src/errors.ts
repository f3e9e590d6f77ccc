import { STATUS_CODES } from 'node:http'
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import { answer } from './answer.ts'

/** What a client is told of a request that is not served. */
interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
}

const NOT_FOUND: Refusal = { status: 404, code: 'not_found', message: 'There is nothing here' }
const UNAVAILABLE: Refusal = {
  status: 503,
  code: 'unavailable',
  message: 'The service does not answer. Try again in a moment',
}
const UNEXPECTED: Refusal = {
  status: 500,
  code: 'internal_error',
  message: 'Something went wrong on our side',
}

export const notFound: RequestHandler = (request, response) => refuse(request, response, NOT_FOUND)

/** Refuses every other method of a path. The method is the one of the request line: no field or header changes it. */
export function allowOnly(...methods: string[]): RequestHandler {
  const allow = methods.join(', ')
  const message = `This address takes ${allow}`
  return (request, response) => {
    response.set('Allow', allow)
    refuse(request, response, { status: 405, code: 'method_not_allowed', message })
  }
}

/** The last handler: whatever went wrong, the client gets a status, a code and a sentence, and never a stack. */
export const handleError: ErrorRequestHandler = (error: unknown, request, response, next) => {
  const refusal = refusalOf(error)
  if (refusal === UNEXPECTED) console.error(error instanceof Error ? error.stack : error)
  // Half of an answer is on its way: Express ends the connection, so that nobody takes it for a whole one.
  if (response.headersSent) next(error)
  else refuse(request, response, refusal)
}

export function refuse(request: Request, response: Response, { status, code, message }: Refusal): void {
  const title = STATUS_CODES[status] ?? 'Error'
  response.status(status).set('Cache-Control', 'no-store')
  if (status === 503) response.set('Retry-After', '1')
  answer(request, response, { title, text: message, link: HOME }, { message, code })
}

const HOME = { text: 'Back to the start', href: '/' }

/** The library names the status of what it throws. Messages of errors are for developers, and stay inside. */
function refusalOf(error: unknown): Refusal {
  const status = error instanceof Error && 'status' in error ? error.status : undefined
  return status === 503 ? UNAVAILABLE : UNEXPECTED
}
