import type { NodeResponse } from './nodeResponse.ts'

/** Whether Node would take these arguments of `writeHead`; if not, Node itself should say so. */
export function isValidHead(args: readonly unknown[]): boolean {
  const status = statusCodeOf(args[0])
  const headers = headersOf(args)
  if (status < 100 || status > 999) return false
  if (Array.isArray(headers)) return headers.every(Array.isArray) || headers.length % 2 === 0
  return !Object.values(headers).includes(undefined)
}

/** Puts the arguments of `writeHead` on the response, where headers of others can be added to them. */
export function applyHead(response: NodeResponse, args: readonly unknown[]): void {
  const [status, message] = args
  const headers = headersOf(args)
  response.statusCode = statusCodeOf(status)
  if (Array.isArray(headers)) applyPairs(response, pairsOf(headers))
  else applyFields(response, Object.entries(headers))
  if (typeof message === 'string') checkMessage(message)
}

/** The status message may be left out. */
function headersOf([, second, third]: readonly unknown[]): object {
  const headers = typeof second === 'string' ? third : (second ?? third)
  return typeof headers === 'object' && headers !== null ? headers : {}
}

/** As Node does it: a text of digits and a fraction will do. */
function statusCodeOf(status: unknown): number {
  return Number(status) | 0
}

type Pair = readonly [name: string, value: string | readonly string[]]

/** Node takes a flat list of names and values, and a list of pairs. */
function pairsOf(list: readonly unknown[]): Pair[] {
  const flat = list.flatMap((item) => (Array.isArray(item) && list.every(Array.isArray) ? item : [item]))
  return flat.flatMap((name, index) =>
    index % 2 === 0 ? [[String(name), headerValue(flat[index + 1])]] : [],
  )
}

/** Names may repeat in a list; together they replace what was set before. */
function applyPairs(response: NodeResponse, pairs: readonly Pair[]): void {
  for (const [name] of pairs) response.removeHeader(name)
  for (const [name, value] of pairs) response.appendHeader(name, value)
}

function applyFields(response: NodeResponse, fields: readonly (readonly [string, unknown])[]): void {
  for (const [name, value] of fields) response.setHeader(name, headerValue(value))
}

function headerValue(value: unknown): string | readonly string[] {
  return Array.isArray(value) ? value.map(String) : String(value)
}

/** RFC 9112, section 4: anything else could begin a header, or a response. */
const STATUS_MESSAGE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Node has a function for it in node:http, which takes longer to load than all of this package. */
function checkMessage(message: string): void {
  if (STATUS_MESSAGE.test(message)) return
  const error = new TypeError('Invalid character in header content ["statusMessage"]')
  throw Object.assign(error, { code: 'ERR_INVALID_CHAR' })
}
