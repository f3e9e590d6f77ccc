import { LatchstringError } from './errors.ts'
import {
  decodeObject,
  emptyObject,
  encodeObject,
  encodeValue,
  isForbiddenName,
  isObject,
  type JsonObject,
} from './json.ts'

/** What one request did to one key. An update is kept as its function, to be applied to the newest value. */
export type Change =
  | { readonly kind: 'set'; readonly value: unknown }
  | { readonly kind: 'delete' }
  | { readonly kind: 'update'; readonly update: Update }

export type Update = (current: unknown) => unknown
export type Changes = ReadonlyMap<string, Change>

/** A change seen from a newer state of the session: its other keys are kept. */
export function applyChanges(base: JsonObject, changes: Changes): JsonObject {
  const values = Object.assign(emptyObject(), base)
  for (const [key, change] of changes) {
    const next = nextValue(values[key], change)
    if (next === undefined) delete values[key]
    else values[key] = next
  }
  return values
}

function nextValue(current: unknown, change: Change): unknown {
  if (change.kind === 'update') return change.update(current)
  return change.kind === 'set' ? change.value : undefined
}

/** The data of a payload as all requests find it, parsed once. Nobody may get hold of an object in it. */
export class SharedData {
  readonly #text: string
  #values: JsonObject | null = null

  constructor(text: string) {
    this.#text = text
  }

  get values(): Readonly<JsonObject> {
    this.#values ??= decodeObject(this.#text) ?? emptyObject()
    return this.#values
  }
}

/**
 * The data of one session in one request, and what the request changed of it. Only objects that were handed
 * out can have changed unseen, so only those are compared.
 */
export class TrackedData {
  readonly #text: string
  readonly #shared: SharedData | null
  #values: JsonObject | null = null
  #changes: Map<string, Change> | null = null
  /** The JSON of each object at the moment it was handed out. */
  #handedOut: Map<string, string> | null = null

  constructor(text = '{}', shared?: SharedData) {
    this.#text = text
    this.#shared = shared ?? null
  }

  get values(): JsonObject {
    this.#values ??= decodeObject(this.#text) ?? emptyObject()
    return this.#values
  }

  get isEmpty(): boolean {
    return Object.keys(this.values).length === 0
  }

  get(key: string): unknown {
    const value = this.#read(key)
    if (isObject(value) && !this.#handedOut?.has(key)) this.#noteHandedOut(key, value)
    return value
  }

  /** Only for an object is the data parsed once more: whoever gets it may change it. */
  #read(key: string): unknown {
    if (this.#values !== null || this.#shared === null) return this.values[key]
    const value = this.#shared.values[key]
    return isObject(value) ? this.values[key] : value
  }

  set(key: string, value: unknown): void {
    refuseForbiddenName(key)
    if (value === undefined) {
      this.delete(key)
    } else {
      this.values[key] = value
      this.#note(key, { kind: 'set', value })
    }
  }

  delete(key: string): void {
    if (!(key in this.values)) return
    delete this.values[key]
    this.#note(key, { kind: 'delete' })
  }

  /** Like `set` with a function of the current value, which is asked again if another request was faster. */
  update(key: string, update: Update): void {
    refuseForbiddenName(key)
    const next = update(this.values[key])
    if (next === undefined) {
      this.delete(key)
    } else {
      this.values[key] = next
      this.#note(key, composeUpdate(this.#changes?.get(key), update, next))
      this.#noteHandedOut(key, next)
    }
  }

  /**
   * What changed since the session was opened or last committed.
   * @throws LatchstringError `invalid_data` when a value that was handed out now holds what JSON cannot.
   */
  changes(): Changes {
    for (const [key, text] of this.#handedOut ?? []) {
      const change = this.#changes?.get(key)
      const isComparable = change === undefined || change.kind === 'update'
      if (isComparable && this.#differs(key, text)) this.#note(key, { kind: 'set', value: this.values[key] })
    }
    return this.#changes === null ? NO_CHANGES : new Map(this.#changes)
  }

  /**
   * Takes over what a commit of `committed` has stored. What the application changed while the commit was on
   * its way stays a change, also inside the objects that it holds.
   */
  rebase(text: string, committed: Changes): void {
    const local = this.values
    const later = this.#changesSince(committed)
    const heldTexts = this.#handedOut
    this.#values = decodeObject(text) ?? emptyObject()
    this.#handedOut = null
    this.#changes = later
    for (const [key, heldText] of heldTexts ?? []) this.#keepHeld(key, local[key], heldText, committed)
    for (const key of committed.keys()) this.#keepHeld(key, local[key], null, committed)
    for (const key of later?.keys() ?? []) this.#keepLocal(key, local)
  }

  toText(): string {
    return encodeObject(this.values)
  }

  #changesSince(committed: Changes): Map<string, Change> | null {
    const later = [...(this.#changes ?? [])].filter(([key, change]) => committed.get(key) !== change)
    return later.length === 0 ? null : new Map(later)
  }

  /** Keeps the object that the application holds, unless another request has stored a newer one. */
  #keepHeld(key: string, held: unknown, heldText: string | null, committed: Changes): void {
    const stored = this.values[key]
    if (!isObject(held) || stored === undefined || committed.get(key)?.kind === 'update') return
    const storedText = encodeValue(key, stored)
    if (!committed.has(key) && storedText !== heldText) return
    this.values[key] = held
    this.#handedOut ??= new Map()
    this.#handedOut.set(key, storedText)
  }

  #keepLocal(key: string, local: JsonObject): void {
    if (key in local) this.values[key] = local[key]
    else delete this.values[key]
  }

  #differs(key: string, text: string): boolean {
    return key in this.values && encodeValue(key, this.values[key]) !== text
  }

  #note(key: string, change: Change): void {
    this.#changes ??= new Map()
    this.#changes.set(key, change)
  }

  #noteHandedOut(key: string, value: unknown): void {
    this.#handedOut ??= new Map()
    this.#handedOut.set(key, encodeValue(key, value))
  }
}

const NO_CHANGES: Changes = new Map()

function composeUpdate(earlier: Change | undefined, update: Update, next: unknown): Change {
  if (earlier === undefined) return { kind: 'update', update }
  if (earlier.kind !== 'update') return { kind: 'set', value: next }
  return { kind: 'update', update: (current) => update(earlier.update(current)) }
}

function refuseForbiddenName(key: string): void {
  if (!isForbiddenName(key)) return
  throw new LatchstringError(
    'invalid_data',
    `"${key}" cannot be a session key: it reaches the prototype of objects`,
  )
}
