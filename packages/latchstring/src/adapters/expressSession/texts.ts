import type { Change, Changes } from '../../core/data.ts'
import type { Values } from './backend.ts'

/** The JSON of each key of a session: how changes are noticed, whatever object they were made in. */
export type Texts = ReadonlyMap<string, string>

/**
 * The JSON of all keys but `cookie`.
 * @throws TypeError as JSON.stringify does, for a BigInt or an object that holds itself.
 */
export function textsOf(session: object): Texts {
  const texts = new Map<string, string>()
  for (const name of Object.keys(session)) {
    const text = textOf(session, name)
    if (text !== undefined) texts.set(name, text)
  }
  return texts
}

function textOf(session: object, name: string): string | undefined {
  if (name === 'cookie') return undefined
  const text: string | undefined = JSON.stringify(Reflect.get(session, name))
  return text === undefined ? undefined : withoutPrototypes(text)
}

/** A key that reaches a prototype as soon as somebody copies the object that holds it. */
const PROTOTYPE_KEY = '__proto__'

function withoutPrototypes(text: string): string {
  return text.includes(`"${PROTOTYPE_KEY}"`) ? JSON.stringify(parseSafely(text)) : text
}

/** What a JSON text says, without keys that reach a prototype. */
export function parseSafely(text: string): unknown {
  return JSON.parse(text, (name, value: unknown) => (name === PROTOTYPE_KEY ? undefined : value))
}

/** Whether a session is as it was. */
export function isUnchanged(session: object, before: Texts): boolean {
  let same = 0
  for (const name of Object.keys(session)) {
    const text = textOf(session, name)
    if (text === undefined) continue
    if (before.get(name) !== text) return false
    same++
  }
  return same === before.size
}

/** What differs between two moments of a session. */
export function changesBetween(before: Texts, now: Texts, session: object): Changes {
  const changes = new Map<string, Change>()
  for (const [name, text] of now) {
    if (before.get(name) !== text) changes.set(name, { kind: 'set', value: keptValue(session, name, text) })
  }
  for (const name of before.keys()) if (!now.has(name)) changes.set(name, { kind: 'delete' })
  return changes
}

/** The data of a session as a store may keep it. */
export function valuesOf(texts: Texts, session: object): Values {
  return Object.fromEntries([...texts].map(([name, text]) => [name, keptValue(session, name, text)]))
}

/** The value itself, as some stores keep dates; its JSON if that has been cleaned. */
function keptValue(session: object, name: string, text: string): unknown {
  const value: unknown = Reflect.get(session, name)
  return JSON.stringify(value) === text ? value : parseSafely(text)
}
