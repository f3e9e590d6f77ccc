import { isObject } from '../core/json.ts'
import { isToken, tokenKey } from '../core/token.ts'
import { answerOf, isMissingFile } from '../stores/_expressCall.ts'
import type { OldData } from './oldSessions.ts'

/** A store of express-session, with callbacks or with promises. */
export interface OldStore {
  get(sid: string, callback: (error?: unknown, session?: unknown) => void): unknown
  destroy(sid: string, callback: (error?: unknown) => void): unknown
  /** Optional: how many sessions there are. */
  length?(callback: (error?: unknown, length?: number) => void): unknown
}

/** What the cookie of a row says, if it says it. */
interface KeptCookie {
  readonly expires?: unknown
  readonly originalMaxAge?: unknown
  /** Only `latchstring/express-session` writes it. */
  readonly life?: unknown
}

/** The rows of an old store: under the id, as express-session has them, or its hash, as its drop-in here does. */
export class OldRows {
  readonly #store: OldStore
  readonly #isRolling: boolean

  constructor(store: OldStore, isRolling: boolean) {
    this.#store = store
    this.#isRolling = isRolling
  }

  async find(sid: string): Promise<{ readonly key: string; readonly data: OldData } | null> {
    for (const key of keysOf(sid)) {
      const row = await this.#read(key)
      if (row !== null && !isCopiedKey(sid, key, row)) return { key, data: this.#dataOf(row) }
    }
    return null
  }

  async end(key: string): Promise<void> {
    await answerOf(this.#store.destroy, 1, (callback) => this.#store.destroy(key, callback))
  }

  async count(): Promise<number | null> {
    const { length } = this.#store
    if (length === undefined) return null
    const call = (callback: Parameters<typeof length>[0]) => length.call(this.#store, callback)
    const count = await answerOf(length, 0, call)
    return typeof count === 'number' ? count : null
  }

  async #read(key: string): Promise<object | null> {
    try {
      const row = await answerOf(this.#store.get, 1, (callback) => this.#store.get(key, callback))
      return isObject(row) ? row : null
    } catch (error) {
      if (isMissingFile(error)) return null
      throw error
    }
  }

  /** Stores prolong a session without writing its row, so that a row does not tell when a rolling one ends. */
  #dataOf(values: object): OldData {
    const { originalMaxAge } = cookieOf(values)
    const prolongedBy = this.#isRolling && typeof originalMaxAge === 'number' ? originalMaxAge : null
    return { values, endsAt: endOf(cookieOf(values)), prolongedBy }
  }
}

/** The likelier one first. */
function keysOf(sid: string): readonly string[] {
  return isToken(sid) ? [tokenKey(sid), sid] : [sid, tokenKey(sid)]
}

/** A key of the drop-in, copied from the store and signed with a copied secret, must not pass for a token. */
function isCopiedKey(sid: string, key: string, row: object): boolean {
  return key === sid && isToken(sid) && isObject(cookieOf(row).life)
}

function cookieOf(row: { readonly cookie?: unknown }): KeptCookie {
  return isObject(row.cookie) ? row.cookie : {}
}

/**
 * When the cookie ends, in most stores as a text. A session of the browser lives for as long as its store keeps it,
 * also where the row says when that would be.
 */
function endOf({ expires = null, originalMaxAge }: KeptCookie): number | null {
  if (expires === null || expires === false || originalMaxAge === null) return null
  const end = expires instanceof Date ? expires.getTime() : Date.parse(String(expires))
  return Number.isNaN(end) ? 0 : end
}
