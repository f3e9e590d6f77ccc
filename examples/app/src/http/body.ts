import { json, type Request, type RequestHandler, Router, urlencoded } from 'express'
import { HttpError } from './errors.ts'

const LIMIT = '16kb'

const refuseOtherTypes: RequestHandler = (request, _response, next) => {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  const hasBody = encoding !== undefined || Number(length ?? 0) > 0
  if (!hasBody || request.is(['application/json', 'application/x-www-form-urlencoded'])) next()
  else next(new HttpError(415, 'unsupported_media_type', 'Send JSON or a form'))
}

/** Reads what programs (JSON) and pages (forms) send, and nothing else. */
export const readBody: RequestHandler = Router().use(
  refuseOtherTypes,
  json({ limit: LIMIT, inflate: false }),
  urlencoded({ limit: LIMIT, inflate: false, extended: false, parameterLimit: 50 }),
)

/** One field of the body as it came, or `undefined`. Fields that nobody asks for are never looked at. */
export function field(request: Request, name: string): unknown {
  const body: unknown = request.body
  if (body === undefined) return undefined
  if (!isObject(body)) throw new HttpError(400, 'invalid_body', 'Send an object with named fields')
  return Object.hasOwn(body, name) ? body[name] : undefined
}

/** A text of the body; empty if it is missing. */
export function textField(request: Request, name: string): string {
  const value = field(request, name) ?? ''
  if (typeof value === 'string') return value
  throw wrongField(name, 'a text')
}

/** JSON says true or false; a form sends a ticked box as `on`, and a box left alone not at all. */
export function booleanField(request: Request, name: string): boolean {
  const value = field(request, name) ?? false
  if (typeof value === 'boolean') return value
  if (value === 'on') return true
  throw wrongField(name, 'true or false')
}

function wrongField(name: string, expected: string): HttpError {
  return new HttpError(400, `invalid_${name}`, `The field ${name} takes ${expected}`)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
