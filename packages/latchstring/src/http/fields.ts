import { InputRefusal } from './inputRefusal.ts'
import type { Fields } from './requestBody.ts'

/**
 * A text of the body as it was sent; empty if it is missing. Anything but a text is refused, also `null`.
 *
 * @example
 * const email = textField(fields, 'email')
 * if (email instanceof InputRefusal) return refuse(email)
 */
export function textField(fields: Fields, name: string): string | InputRefusal {
  const value = fieldOf(fields, name)
  if (value === undefined) return ''
  return typeof value === 'string' ? value : wrongField(name, 'a text')
}

/** JSON says true or false; a form sends a ticked box as `on`, and a box left alone not at all. */
export function booleanField(fields: Fields, name: string): boolean | InputRefusal {
  const value = fieldOf(fields, name)
  if (value === undefined || value === false) return false
  return value === true || value === 'on' ? true : wrongField(name, 'true or false')
}

function fieldOf(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined
}

function wrongField(name: string, expected: string): InputRefusal {
  return new InputRefusal(400, 'invalid_body', `The field ${name} takes ${expected}`)
}
