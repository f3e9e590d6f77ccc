import type { NodeResponse } from './nodeResponse.ts'

/** Whether Node would take these arguments of `writeHead`; if not, Node itself should say so. */
export function isValidHead([status, second, third]: readonly unknown[]): boolean {
  const headers = typeof second === 'string' ? third : second
  const isValidStatus = Number(status) >= 100 && Number(status) <= 999
  const isComplete = !Array.isArray(headers) || headers.every(Array.isArray) || headers.length % 2 === 0
  return isValidStatus && isComplete
}

/** Puts the arguments of `writeHead` on the response, where headers of others can be added to them. */
export function applyHead(response: NodeResponse, [status, second, third]: readonly unknown[]): void {
  response.statusCode = Math.trunc(Number(status))
  const headers = typeof second === 'string' ? third : (second ?? third)
  if (Array.isArray(headers)) applyPairs(response, pairsOf(headers))
  else if (typeof headers === 'object' && headers !== null) applyFields(response, Object.entries(headers))
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
