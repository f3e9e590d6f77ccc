import { emptyObject, isForbiddenName } from '../core/json.ts'

/**
 * The fields of an `application/x-www-form-urlencoded` text; `null` if one comes twice, is encoded wrongly or has
 * a name that reaches a prototype. Takes time in proportion to the length of the text.
 */
export function parseForm(text: string): Readonly<Record<string, unknown>> | null {
  const fields = emptyObject()
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const [name, value] = halvesOf(pair).map(decode)
    if (typeof name !== 'string' || typeof value !== 'string') return null
    if (isForbiddenName(name) || Object.hasOwn(fields, name)) return null
    fields[name] = value
  }
  return fields
}

function halvesOf(pair: string): [name: string, value: string] {
  const equals = pair.indexOf('=')
  return equals === -1 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
}

/** Browsers encode without fault, so that a fault is somebody's trial; `null` for it. */
function decode(text: string): string | null {
  try {
    const decoded = decodeURIComponent(text.replaceAll('+', ' '))
    return decoded.isWellFormed() ? decoded : null
  } catch {
    return null
  }
}
