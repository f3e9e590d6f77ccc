import type { Change } from '../../core/data.ts'
import { promiseOrCallback, type SessionCallback } from '../../http/promiseOrCallback.ts'
import type { Draft, Stored } from './backend.ts'
import { expiryOf } from './lifetime.ts'
import type { Keeping } from './persist.ts'
import { Store } from './store.ts'
import { restoreCookie } from './storedForm.ts'
import { textsOf, valuesOf } from './texts.ts'
import type { SessionData } from './types.ts'

/**
 * `req.sessionStore` over a store of ours, for code that asks it directly. It changes sessions that are there, and
 * makes none: whoever writes one that has ended is told so.
 */
export class RowStore extends Store {
  readonly #keeping: Keeping

  constructor(keeping: Keeping) {
    super()
    this.#keeping = keeping
  }

  get(
    sid: string,
    callback?: (error?: unknown, session?: SessionData | null) => void,
  ): Promise<SessionData | null> | undefined {
    const reading = this.#read(sid)
    if (callback === undefined) return reading
    reading.then((session) => callback(null, session), callback)
    return undefined
  }

  set(sid: string, session: SessionData, callback?: SessionCallback): Promise<void> | undefined {
    return promiseOrCallback(callback, () => this.#set(sid, session))
  }

  destroy(sid: string, callback?: SessionCallback): Promise<void> | undefined {
    return promiseOrCallback(callback, () => this.#keeping.backend.remove(sid))
  }

  override touch(sid: string, session: SessionData, callback?: SessionCallback): Promise<void> | undefined {
    return promiseOrCallback(callback, async () => {
      const { backend } = this.#keeping
      const stored = await backend.read(sid)
      if (stored !== null) await backend.touch(sid, stored, this.#draftOf(session, stored))
    })
  }

  async #read(sid: string): Promise<SessionData | null> {
    const stored = await this.#keeping.backend.read(sid)
    if (stored === null) return null
    return { ...stored.values, cookie: restoreCookie(stored.cookie, this.#keeping.clock) }
  }

  async #set(sid: string, session: SessionData): Promise<void> {
    const { backend } = this.#keeping
    const stored = await backend.read(sid)
    const written = stored && (await backend.update(sid, stored, this.#draftOf(session, stored)))
    if (written === null) throw new Error('this session has ended: it cannot be written any more')
  }

  /** As a store of express-session takes it: the whole session, with nothing left of what was there. */
  #draftOf(session: SessionData, { values, life, identity }: Stored): Draft {
    const { clock, lifetimes } = this.#keeping
    const now = clock()
    const given = valuesOf(textsOf(session), session)
    const cookie = restoreCookie(session.cookie, clock)
    const lived = { createdAt: life?.createdAt ?? now, seenAt: now }
    return {
      values: given,
      changes: new Map([...deletions(values, given), ...assignments(given)]),
      cookie,
      life: lived,
      expiryFor: (length) => expiryOf(lived, length, lifetimes),
      identity,
      device: { address: null, userAgent: null },
    }
  }
}

function deletions(stored: object, given: object): [string, Change][] {
  const gone = Object.keys(stored).filter((name) => !Object.hasOwn(given, name))
  return gone.map((name) => [name, { kind: 'delete' }])
}

function assignments(given: object): [string, Change][] {
  return Object.entries(given).map(([name, value]) => [name, { kind: 'set', value }])
}
