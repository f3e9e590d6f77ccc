import { LatchstringError } from './errors.ts'

export type JsonObject = Record<string, unknown>

const FORBIDDEN_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])
/** Names that may be forbidden, and numbers that may be too large to be one: JSON.parse makes Infinity of them. */
const MAY_BE_FOREIGN = /__proto__|constructor|prototype|\\u|e\+?\d{3}|\d{309}/i

/** Objects that JSON.stringify turns into `{}` without a word. */
const LOSSY_CLASSES = [Map, Set, WeakMap, WeakSet, Promise, RegExp, Error, ArrayBuffer]

/** Names that reach the prototype of an object, and are refused as keys at every depth. */
export function isForbiddenName(name: string): boolean {
  return FORBIDDEN_NAMES.has(name)
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** An object without a prototype, so that no key of it can mean anything but itself. */
export function emptyObject(): JsonObject {
  return Object.create(null)
}

/**
 * The JSON text of one value of the session.
 * @throws LatchstringError `invalid_data`, naming the key and what JSON cannot hold.
 */
export function encodeValue(key: string, value: unknown): string {
  try {
    return JSON.stringify(value, refuseUnstorable) ?? 'null'
  } catch (cause) {
    const reason = cause instanceof Unstorable ? cause.message : 'a value that refers to itself'
    throw new LatchstringError(
      'invalid_data',
      `the session key "${key}" holds ${reason}, which JSON cannot store`,
      {
        cause,
      },
    )
  }
}

/** The JSON text of the session's data. */
export function encodeObject(values: JsonObject): string {
  const members = Object.keys(values).map((key) => `${JSON.stringify(key)}:${encodeValue(key, values[key])}`)
  return `{${members.join(',')}}`
}

/** The object of a JSON text, without a prototype, or `null` if the text is none that `encodeObject` could have made. */
export function decodeObject(text: string): JsonObject | null {
  const value = parseObject(text)
  return value === null ? null : Object.assign(emptyObject(), value)
}

/** The object of a JSON text as JSON.parse makes it, for readers that check each field by name. */
export function parseObject(text: string): object | null {
  const value = parseJson(text)
  if (!isObject(value) || Array.isArray(value)) return null
  return MAY_BE_FOREIGN.test(text) && isForeign(value) ? null : value
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Whether a parsed value could not have been stored by us, at any depth. */
function isForeign(value: unknown): boolean {
  if (!isObject(value)) return typeof value === 'number' && !Number.isFinite(value)
  return Object.entries(value).some(([name, member]) => isForbiddenName(name) || isForeign(member))
}

class Unstorable extends Error {}

function refuseUnstorable(name: string, value: unknown): unknown {
  if (isForbiddenName(name)) throw new Unstorable(`an object with the key "${name}"`)
  const reason = unstorableReason(value)
  if (reason !== null) throw new Unstorable(name === '' ? reason : `${reason} at "${name}"`)
  return value
}

function unstorableReason(value: unknown): string | null {
  if (typeof value === 'bigint') return 'a BigInt'
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`
  if (typeof value === 'number' && !Number.isFinite(value)) return `the number ${value}`
  if (ArrayBuffer.isView(value)) return 'binary data'
  const lossy = LOSSY_CLASSES.find((lossyClass) => value instanceof lossyClass)
  return lossy === undefined ? null : `a ${lossy.name}`
}
