import type { IncomingHttpHeaders } from 'node:http'
import { emptyObject, isObject } from '../core/json.ts'
import { systemTimers } from '../core/timers.ts'
import { type BodyFormat, bodyFormat } from './bodyFormat.ts'
import { ABORTED, type BodyLimits, BodyReader, type BodyStream, TOO_LARGE } from './bodyReader.ts'
import { parseForm } from './formText.ts'
import { InputRefusal } from './inputRefusal.ts'
import { parseStrictJson } from './strictJson.ts'

/** Fields of a request by name, without a prototype. What is in them is for the reader of each to check. */
export type Fields = Readonly<Record<string, unknown>>

/** What was sent, or why it is not taken. */
export type RequestBody =
  | { readonly kind: 'fields'; readonly fields: Fields; readonly isForm: boolean }
  | InputRefusal

/** What this package uses of a request with a body. */
export interface BodyRequest extends BodyStream {
  readonly headers: IncomingHttpHeaders
  /** Each header line by itself, where Node tells. */
  readonly headersDistinct?: NodeJS.Dict<string[]>
  /** What a framework has made of the body, if it has. */
  readonly body?: unknown
  readonly readableEnded: boolean
  readonly destroyed: boolean
}

const LIMIT = 16_384
const TIMEOUT = 10_000
const MOST_FIELDS = 50

const INVALID = new InputRefusal(
  400,
  'invalid_body',
  'Send an object or a form with each field once, well-formed',
)
const NO_FIELDS: Fields = Object.freeze(emptyObject())
const BYTE_ORDER_MARK = '\ufeff'

/**
 * The fields of a request's body, in JSON or as a form, or why they are not taken. A request without a body has
 * none. Never rejects, whatever a client sends.
 *
 * @param limits `limit` is in bytes (default 16 kB), `timeout` in milliseconds for the whole body (default 10 s).
 *
 * @example
 * const body = await readFields(request)
 * if (body.kind === 'refused') return jsonAnswer(body.status, { message: body.message, code: body.code })
 */
export async function readFields(
  request: BodyRequest,
  { limit = LIMIT, timeout = TIMEOUT, timers = systemTimers }: Partial<BodyLimits> = {},
): Promise<RequestBody> {
  const format = bodyFormat(request.headers, request.headersDistinct)
  if (format instanceof InputRefusal && declaresBody(request)) return format
  if (declaredLength(request) > limit) return TOO_LARGE
  if (request.readableEnded) return readAgain(request, format, limit)
  if (request.destroyed) return ABORTED
  const bytes = await new BodyReader(request, { limit, timeout, timers }).read()
  return bytes instanceof InputRefusal ? bytes : parseBytes(bytes, format)
}

function declaredLength({ headers }: BodyRequest): number {
  return Number(headers['content-length'] ?? 0)
}

/** HTTP/2 may send a body without telling before. */
function declaresBody(request: BodyRequest): boolean {
  return request.headers['transfer-encoding'] !== undefined || declaredLength(request) > 0
}

function parseBytes(bytes: Uint8Array, format: BodyFormat | InputRefusal): RequestBody {
  if (bytes.byteLength === 0) return noFields(format)
  if (format instanceof InputRefusal) return format
  const text = decodeUtf8(bytes)
  if (text === null || text.startsWith(BYTE_ORDER_MARK)) return INVALID
  return bodyOf(format === 'json' ? parseStrictJson(text)?.value : parseForm(text), format)
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

/** Somebody read the stream before: what they made of it is checked as if it had just arrived. */
function readAgain(request: BodyRequest, format: BodyFormat | InputRefusal, limit: number): RequestBody {
  const { body } = request
  const isEmpty = body === undefined && !declaresBody(request)
  if (isEmpty || format instanceof InputRefusal) return noFields(format)
  if (body instanceof Uint8Array) return body.byteLength > limit ? TOO_LARGE : parseBytes(body, format)
  const text = encode(body)
  if (text === null) return INVALID
  return Buffer.byteLength(text) > limit ? TOO_LARGE : checkParsed(parseStrictJson(text)?.value, format)
}

function encode(body: unknown): string | null {
  try {
    return JSON.stringify(body) ?? null
  } catch {
    return null
  }
}

function checkParsed(value: unknown, format: BodyFormat): RequestBody {
  return format === 'form' && !holdsTextsOnly(value) ? INVALID : bodyOf(value, format)
}

/** Of a form's field that comes twice, parsers make a list. */
function holdsTextsOnly(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((field) => typeof field === 'string')
}

function bodyOf(value: unknown, format: BodyFormat): RequestBody {
  if (!isObject(value) || Array.isArray(value)) return INVALID
  if (Object.keys(value).length > MOST_FIELDS) return INVALID
  return { kind: 'fields', fields: Object.assign(emptyObject(), value), isForm: format === 'form' }
}

function noFields(format: BodyFormat | InputRefusal): RequestBody {
  return { kind: 'fields', fields: NO_FIELDS, isForm: format === 'form' }
}
