import { systemClock } from '../core/clock.ts'
import { LatchstringError } from '../core/errors.ts'
import type { Clock, Row, Store } from '../core/types.ts'
import { answerOf, isMissingFile } from './_expressCall.ts'
import { KeyLocks } from './_keyLocks.ts'

/** A store of express-session, with callbacks or with promises. */
export interface ExpressSessionStore {
  get(sid: string, callback: (error?: unknown, session?: unknown) => void): unknown
  set(sid: string, session: ExpressSession, callback: (error?: unknown) => void): unknown
  destroy(sid: string, callback: (error?: unknown) => void): unknown
}

/** A row in the form that these stores keep: they take the time to live from the cookie. */
export interface ExpressSession {
  readonly cookie: {
    readonly path: '/'
    readonly httpOnly: true
    readonly expires: Date
    readonly maxAge: number
    readonly originalMaxAge: number
  }
  readonly latchstring: Omit<Row, 'key'>
}

const NARROWED = ['compare-and-swap across processes', 'list', 'purge'] as const

export interface ExpressStoreAdapter extends Store {
  /** What the store of express-session has no means for. */
  readonly narrowed: typeof NARROWED
}

export interface FromExpressStoreOptions {
  /** For tests: the time. */
  readonly clock?: Clock
}

/**
 * Keeps sessions in a store made for express-session: connect-redis, connect-pg-simple, memorystore and the like.
 * It gives what such a store can give, which is less than this package's own stores do:
 *
 * - Within one process no write is lost and no ended session comes back. Across processes both can happen, when two
 *   of them change the same session within milliseconds: the store has no compare-and-swap.
 * - It cannot list the sessions of a user, so that `list` rejects.
 * - It removes expired sessions in its own way and time, so that `purge` does nothing.
 *
 * @example
 * const auth = createAuth({ store: fromExpressStore(new RedisStore({ client })) })
 */
export function fromExpressStore(
  store: ExpressSessionStore,
  options: FromExpressStoreOptions = {},
): ExpressStoreAdapter {
  const isStore =
    typeof store === 'object' && store !== null && METHODS.every((name) => hasMethod(store, name))
  if (!isStore) throw wrong('takes a store of express-session, with get(), set() and destroy()')
  const { clock = systemClock } = options
  if (typeof clock !== 'function') throw wrong('takes a function as "clock"')
  return new ExpressStore(store, clock)
}

const METHODS = ['get', 'set', 'destroy'] as const

class ExpressStore implements ExpressStoreAdapter {
  readonly narrowed: typeof NARROWED = NARROWED
  readonly #store: ExpressSessionStore
  readonly #clock: Clock
  readonly #locks = new KeyLocks()

  constructor(store: ExpressSessionStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  async read(key: string): Promise<Row | null> {
    const session = await this.#get(key)
    return session === null ? null : rowOf(key, session)
  }

  write(row: Row): Promise<boolean> {
    return this.#locks.run(row.key, async () => {
      const stored = await this.read(row.key)
      if ((stored?.version ?? 0) !== row.version - 1) return false
      await this.#set(row)
      return true
    })
  }

  async remove(keys: readonly string[]): Promise<number> {
    const removals = [...new Set(keys)].map((key) => this.#locks.run(key, () => this.#removeOne(key)))
    const removed = await Promise.all(removals)
    return removed.filter(Boolean).length
  }

  async list(): Promise<Row[]> {
    throw new LatchstringError(
      'invalid_option',
      'The session store has no index by user: what lists or ends all sessions of a user needs a store of ' +
        "latchstring, such as sqliteStore('app.db').",
    )
  }

  /** The store removes what has expired by itself. */
  async purge(): Promise<number> {
    return 0
  }

  async #removeOne(key: string): Promise<boolean> {
    if ((await this.#get(key)) === null) return false
    const sid = sidOf(key)
    await answerOf(this.#store.destroy, 1, (callback) => this.#store.destroy(sid, callback))
    return true
  }

  async #get(key: string): Promise<unknown> {
    const sid = sidOf(key)
    try {
      return (await answerOf(this.#store.get, 1, (callback) => this.#store.get(sid, callback))) ?? null
    } catch (error) {
      if (isMissingFile(error)) return null
      throw error
    }
  }

  async #set(row: Row): Promise<void> {
    const sid = sidOf(row.key)
    const session = sessionOf(row, this.#clock())
    await answerOf(this.#store.set, 2, (callback) => this.#store.set(sid, session, callback))
  }
}

/**
 * The engine's keys are kept as they are. Whatever a store does with other characters, for example in the name of a
 * file, two keys must not become one.
 */
function sidOf(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : `~${Buffer.from(JSON.stringify(key)).toString('base64url')}`
}

/** An expired row is evidence that a late write is late: it stays a little longer. */
const KEPT_LONGER = 60_000
/** The last moment that a Date can hold. */
const LATEST = 8.64e15

function sessionOf({ userId, version, expiresAt, payload }: Row, now: number): ExpressSession {
  const keptUntil = Math.min(Math.max(expiresAt, now) + KEPT_LONGER, LATEST)
  const maxAge = keptUntil - now
  return {
    cookie: { path: '/', httpOnly: true, expires: new Date(keptUntil), maxAge, originalMaxAge: maxAge },
    latchstring: { userId, version, expiresAt, payload },
  }
}

type Unchecked<T> = { readonly [K in keyof T]?: unknown }

function rowOf(key: string, session: unknown): Row {
  const { latchstring }: Unchecked<ExpressSession> = isObject(session) ? session : {}
  const { userId, version, expiresAt, payload }: Unchecked<Row> = isObject(latchstring) ? latchstring : {}
  if (typeof payload !== 'string' || typeof version !== 'number' || typeof expiresAt !== 'number')
    throw garbage()
  if (userId !== null && typeof userId !== 'string') throw garbage()
  return { key, userId, version, expiresAt, payload }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function hasMethod(store: object, name: string): boolean {
  return typeof Reflect.get(store, name) === 'function'
}

function garbage(): LatchstringError {
  return new LatchstringError(
    'store_unavailable',
    'The session store answered with a session that latchstring did not write. Give it a prefix or table of its own.',
  )
}

function wrong(what: string): LatchstringError {
  return new LatchstringError('invalid_option', `fromExpressStore ${what}.`)
}
