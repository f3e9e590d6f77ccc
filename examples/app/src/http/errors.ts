import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import { LatchstringError } from 'latchstring'
import { QueueFullError } from '../boundedQueue.ts'
import { errorPage } from '../pages/error.ts'
import { prefersPage, sendPage } from './answer.ts'

/** A request that cannot be served as it is. `message` and `code` are shown to the client. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

const UNEXPECTED = new HttpError(500, 'internal_error', 'Something went wrong on our side')
const BUSY = new HttpError(503, 'busy', 'Too many people are logging in right now. Try again in a moment')
const MALFORMED = new HttpError(400, 'invalid_request', 'The request is malformed')

const BODY_ERRORS: Readonly<Record<string, HttpError>> = {
  'entity.parse.failed': new HttpError(400, 'invalid_json', 'The body is not valid JSON'),
  'entity.too.large': new HttpError(413, 'body_too_large', 'The body is too large'),
  'parameters.too.many': new HttpError(413, 'body_too_large', 'The body has too many fields'),
  'encoding.unsupported': new HttpError(415, 'unsupported_encoding', 'Send the body without compression'),
  'charset.unsupported': new HttpError(415, 'unsupported_charset', 'Send the body in UTF-8'),
}

export const notFound: RequestHandler = () => {
  throw new HttpError(404, 'not_found', 'There is nothing here')
}

/** The last handler: whatever went wrong, the client gets a status, a code and a sentence, and never a stack. */
export const handleError: ErrorRequestHandler = (error: unknown, request, response, next) => {
  const httpError = toHttpError(error)
  // The stack alone: errors of body parsers carry the body, and with it a password.
  if (httpError.status === 500) console.error(error instanceof Error ? error.stack : error)
  // Half of an answer is on its way: Express ends the connection, so that nobody takes it for a whole one.
  if (response.headersSent) next(error)
  else sendError(request, response, httpError)
}

function sendError(request: Request, response: Response, { status, code, message }: HttpError): void {
  if (status === 503) response.set('Retry-After', '1')
  if (prefersPage(request)) sendPage(response, errorPage(status, message), status)
  else response.status(status).json({ message, code })
}

function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error
  if (error instanceof QueueFullError) return BUSY
  if (error instanceof LatchstringError) return fromLibrary(error)
  return fromExpress(error) ?? UNEXPECTED
}

/** The library's messages are for developers, and stay inside. */
function fromLibrary(error: LatchstringError): HttpError {
  const { code, status }: LatchstringError & { status?: unknown } = error
  if (status === 503) return new HttpError(503, code, 'The service does not answer. Try again in a moment')
  return status === 401 ? new HttpError(401, 'invalid_credentials', 'Invalid credentials') : UNEXPECTED
}

/** Body parsers name what went wrong in `type`; the router refuses malformed paths with a status of 400. */
function fromExpress(error: unknown): HttpError | null {
  if (!(error instanceof Error)) return null
  const { type, status }: Error & { type?: unknown; status?: unknown } = error
  const known = typeof type === 'string' ? BODY_ERRORS[type] : undefined
  return known ?? (status === 400 ? MALFORMED : null)
}
