import { isForbiddenName } from '../core/json.ts'

/** Objects and arrays inside each other, the outermost included. */
const MOST_LEVELS = 10

const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Parses JSON that means one thing to every reader: no name twice in an object, none that reaches a prototype, no
 * half of a character, at most 10 levels. `null` for everything else; never throws, and takes time in proportion
 * to the length of the text.
 *
 * @example
 * parseStrictJson('{"a":[1]}') // { value: { a: [1] } }
 * parseStrictJson('{"a":1,"a":2}') // null
 */
export function parseStrictJson(text: string): { readonly value: unknown } | null {
  const parsed = parse(text)
  return parsed !== null && isUnambiguous(text) ? parsed : null
}

function parse(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return null
  }
}

/** Of a text that is known to be JSON. */
function isUnambiguous(text: string): boolean {
  const names = new Names()
  const marks = /["[\]{}:]/g
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    if (mark[0] === '"') marks.lastIndex = endOfString(text, mark.index)
    const token = text.slice(mark.index, marks.lastIndex)
    if (!names.accepts(token)) return false
  }
  return true
}

/** A loop, because a pattern for a whole string runs out of stack on a long one. */
function endOfString(text: string, start: number): number {
  let end = start + 1
  while (text.charCodeAt(end) !== QUOTE) end += text.charCodeAt(end) === BACKSLASH ? 2 : 1
  return end + 1
}

/** The names seen so far in each object around the place that is read. */
class Names {
  /** `null` for an array. */
  readonly #levels: (Set<string> | null)[] = []
  #lastString = ''

  /** Takes the next string, bracket or colon. */
  accepts(token: string): boolean {
    if (token === ':') return this.#acceptsName(this.#lastString)
    if (token.startsWith('"')) return this.#acceptsString(token)
    if (token === '}' || token === ']') this.#levels.pop()
    else this.#levels.push(token === '{' ? new Set() : null)
    return this.#levels.length <= MOST_LEVELS
  }

  #acceptsString(token: string): boolean {
    // Most strings hold no escape, and are what they look like.
    this.#lastString = token.includes('\\') ? String(JSON.parse(token)) : token.slice(1, -1)
    return this.#lastString.isWellFormed()
  }

  #acceptsName(name: string): boolean {
    const names = this.#levels.at(-1)
    if (isForbiddenName(name) || names?.has(name) === true) return false
    names?.add(name)
    return true
  }
}
