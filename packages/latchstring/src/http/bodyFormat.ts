import type { IncomingHttpHeaders } from 'node:http'
import { InputRefusal } from './inputRefusal.ts'

export type BodyFormat = 'json' | 'form'

const FORMATS: ReadonlyMap<string, BodyFormat> = new Map([
  ['application/json', 'json'],
  ['application/x-www-form-urlencoded', 'form'],
])
const UTF_8: readonly string[] = ['charset=utf-8', 'charset="utf-8"']
const LONGEST_TYPE = 100

const UNSUPPORTED = new InputRefusal(
  415,
  'unsupported_media_type',
  'Send application/json or application/x-www-form-urlencoded, in UTF-8 and without compression',
)

/**
 * How a body is written. Only what says so exactly is read: a page of another origin may send JSON without asking,
 * but under the type of a text or a form alone.
 */
export function bodyFormat(
  headers: IncomingHttpHeaders,
  distinct: NodeJS.Dict<string[]> | undefined,
): BodyFormat | InputRefusal {
  const types = distinct?.['content-type'] ?? [headers['content-type'] ?? '']
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity'
  if (types.length > 1 || encoding !== 'identity') return UNSUPPORTED
  return formatOf(types[0] ?? '') ?? UNSUPPORTED
}

function formatOf(type: string): BodyFormat | null {
  if (type.length > LONGEST_TYPE) return null
  const [essence = '', ...parameters] = type.split(';').map((part) => withoutBlanks(part).toLowerCase())
  const isUtf8 = parameters.every((parameter) => UTF_8.includes(parameter))
  return isUtf8 ? (FORMATS.get(essence) ?? null) : null
}

function withoutBlanks(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '')
}
