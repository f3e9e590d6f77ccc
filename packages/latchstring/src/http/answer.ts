import { LatchstringError, type LatchstringErrorCode } from '../core/errors.ts'

/** A whole response of ours, free of any framework. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const SERVICE_UNAVAILABLE: ReadonlySet<LatchstringErrorCode> = new Set([
  'store_unavailable',
  'store_full',
  'conflict',
  'not_completed',
  'overloaded',
])

const RETRY_SOON = { 'Retry-After': '1' }

/** A JSON answer that no cache keeps. */
export function jsonAnswer(status: number, body: object, headers: Record<string, string> = {}): Answer {
  const text = JSON.stringify(body)
  return {
    status,
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': String(Buffer.byteLength(text)),
      'Cache-Control': 'no-store',
      ...headers,
    },
    body: text,
  }
}

/** The status that an error asks for: a store that does not answer is never the client's fault. */
export function statusOf(error: unknown): 401 | 403 | 500 | 503 {
  if (!(error instanceof LatchstringError)) return 500
  if (error.code === 'credential_changed') return 401
  if (error.code === 'session_limit') return 403
  return SERVICE_UNAVAILABLE.has(error.code) ? 503 : 500
}

/** What a client is told of an error: enough to act on, nothing of the inside. */
export function errorAnswer(error: unknown): Answer {
  const status = statusOf(error)
  if (status === 401) return jsonAnswer(401, { message: 'Invalid credentials', code: 'invalid_credentials' })
  if (status === 403) return jsonAnswer(403, { message: 'Too many sessions', code: 'session_limit' })
  if (status === 500) return jsonAnswer(500, { message: 'Internal server error', code: 'internal_error' })
  const code =
    error instanceof LatchstringError && error.code === 'not_completed' ? error.code : 'unavailable'
  return jsonAnswer(503, { message: 'Service unavailable, try again', code }, RETRY_SOON)
}

/** The error with the status and headers that web frameworks look for on what reaches their error handlers. */
export function withStatus(error: unknown): unknown {
  if (!(error instanceof LatchstringError)) return error
  const status = statusOf(error)
  return Object.assign(error, status === 503 ? { status, headers: RETRY_SOON } : { status })
}
