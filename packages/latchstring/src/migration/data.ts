import { emptyObject, encodeValue, isForbiddenName, type JsonObject } from '../core/json.ts'
import { isOwnName } from '../http/requestSession.ts'

/** What goes along into the new session, and what cannot. */
export interface MovedData {
  readonly values: JsonObject & { username?: unknown }
  /** Keys whose values stay behind: their name belongs to `req.session` itself, or JSON cannot hold them. */
  readonly dropped: readonly string[]
}

/** Of express-session and of passport: the first is the old cookie's, the second has become the user of the session. */
const LEFT_BEHIND: ReadonlySet<string> = new Set(['cookie', 'passport'])

/** A user found under this name is the user of the session. */
const USER_NAME = 'userId'

export function movedData(old: object): MovedData {
  const values: MovedData['values'] = emptyObject()
  const dropped: string[] = []
  for (const [key, value] of Object.entries(old)) {
    if (LEFT_BEHIND.has(key) || value === undefined) continue
    if (isMovable(key, value)) values[key] = value
    else if (key !== USER_NAME) dropped.push(key)
  }
  return { values, dropped }
}

function isMovable(key: string, value: unknown): boolean {
  if (isOwnName(key) || isForbiddenName(key)) return false
  try {
    encodeValue(key, value)
    return true
  } catch {
    return false
  }
}
