import { systemClock } from '../core/clock.ts'
import { type Duration, durationOption } from '../core/duration.ts'
import { LatchstringError } from '../core/errors.ts'
import type { Clock, Row, Store } from '../core/types.ts'
import type { BusListener, InvalidationBus } from './_bus.ts'
import { type Flight, Flights } from './_flights.ts'
import { Publisher } from './_publisher.ts'
import { RecentRows } from './_recentRows.ts'

export type { BusListener, InvalidationBus }

export interface CachedOptions {
  /** How the processes tell each other what has changed: `redisBus`, `postgresBus` or one of your own. */
  readonly bus: InvalidationBus
  /**
   * How old an answer may be at most, whatever happens to the bus. Default `'2s'`, at most `'5s'`: for so long an
   * ended session may live on in another process when its message is lost.
   */
  readonly ttl?: Duration
  /** The most rows held at once. Default: 10,000, some 10 MB with small sessions. */
  readonly max?: number
  /** For tests: the time. */
  readonly clock?: Clock
}

export interface CacheStats {
  /** Reads that were answered without a trip to the store of their own. */
  readonly hits: number
  /** Reads that made a trip. */
  readonly misses: number
  /** Keys that other processes reported as changed. */
  readonly invalidations: number
  /** The oldest answer that was given without a trip, in milliseconds. */
  readonly staleness: number
  /** Whether the bus is connected. Nothing is cached while it is not. */
  readonly isConnected: boolean
}

export interface CachedStore extends Store {
  /** Reads from the store, past the cache: for decisions that must not rest on an answer of two seconds ago. */
  readFresh(key: string): Promise<Row | null>
  stats(): CacheStats
  /** Stops listening to the bus. The store goes on without a cache; it is not closed itself. */
  close(): void
}

const DEFAULT_TTL = '2s'
const LONGEST_TTL = 5_000
const DEFAULT_MAX = 10_000

/**
 * A store around a store that answers repeated reads from this process's memory.
 *
 * Every change goes straight to the store, and is told to the other processes over the bus before the call
 * resolves. So another process may answer with the old row for as long as a message takes, and for `ttl` at most
 * when the message is lost. While this process has no connection to the bus it caches nothing.
 *
 * @example
 * const store = cached(postgresStore(pool), { bus: postgresBus(pool) })
 */
export function cached(store: Store, options: CachedOptions): CachedStore {
  checkStore(store)
  return new RowCache(store, settingsOf(options))
}

interface Settings {
  readonly bus: InvalidationBus
  readonly ttl: number
  readonly max: number
  readonly clock: Clock
}

class RowCache implements CachedStore {
  readonly narrowed: readonly string[]
  readonly dropsExpired: boolean
  readonly #store: Store
  readonly #settings: Settings
  readonly #rows: RecentRows
  readonly #flights = new Flights()
  readonly #publisher: Publisher
  readonly #counts = { hits: 0, misses: 0, invalidations: 0, staleness: 0 }
  #isConnected = false
  #isClosed = false
  #stop: () => void = () => {}

  constructor(store: Store, settings: Settings) {
    this.narrowed = store.narrowed ?? []
    this.dropsExpired = store.dropsExpired ?? false
    this.#store = store
    this.#settings = settings
    this.#rows = new RecentRows(settings.max)
    this.#publisher = new Publisher(settings.bus)
    void this.#listen()
  }

  read(key: string): Row | null | Promise<Row | null> {
    const now = this.#settings.clock()
    const known = this.#rows.get(key)
    if (known !== undefined && this.#isFresh(known.askedAt, now)) {
      return this.#hit(known.row, now - known.askedAt)
    }
    const flight = this.#flights.reading(key)
    if (flight?.answer && this.#isConnected && this.#isFresh(flight.askedAt, now)) {
      return this.#hit(flight.answer, now - flight.askedAt)
    }
    return this.#load(key, now)
  }

  readFresh(key: string): Promise<Row | null> {
    this.#rows.delete(key)
    return this.#load(key, this.#settings.clock())
  }

  async write(row: Row): Promise<boolean> {
    const kept = copyOf(row)
    const flight = this.#beginChange(kept.key)
    let isWritten = false
    try {
      isWritten = await this.#store.write(kept)
      return isWritten
    } finally {
      this.#endChange(flight, isWritten ? kept : null)
      // Nobody can hold a row of a key that was absent. All else is told, also failures: who knows what was stored.
      if (!isWritten || kept.version > 1) await this.#publisher.publish([kept.key])
    }
  }

  async remove(keys: readonly string[]): Promise<number> {
    const distinct = [...new Set(keys)]
    const flights = distinct.map((key) => this.#beginChange(key))
    try {
      return await this.#store.remove(distinct)
    } finally {
      for (const flight of flights) this.#endChange(flight, null)
      if (distinct.length > 0) await this.#publisher.publish(distinct)
    }
  }

  list(userId: string): Promise<Row[]> {
    return this.#store.list(userId)
  }

  /** The other processes are not told: what is purged has expired, which they see for themselves. */
  async purge(now: number): Promise<number> {
    try {
      return await this.#store.purge(now)
    } finally {
      this.#rows.deleteExpired(now)
      this.#flights.disturbAll()
    }
  }

  stats(): CacheStats {
    return { ...this.#counts, isConnected: this.#isConnected }
  }

  close(): void {
    this.#isClosed = true
    this.#connection(false)
    this.#stop()
  }

  /** An age below 0 means that the clock was set back: nobody knows how old the row is. */
  #isFresh(askedAt: number, now: number): boolean {
    const age = now - askedAt
    return age >= 0 && age < this.#settings.ttl
  }

  #hit<T>(answer: T, age: number): T {
    this.#counts.hits++
    this.#counts.staleness = Math.max(this.#counts.staleness, age)
    return answer
  }

  #load(key: string, now: number): Promise<Row | null> {
    this.#counts.misses++
    const flight = this.#flights.begin(key, now)
    const answer = this.#fetch(flight)
    flight.answer = answer
    return answer
  }

  async #fetch(flight: Flight): Promise<Row | null> {
    let row: Row | null = null
    try {
      const found = await this.#store.read(flight.key)
      row = found === null ? null : copyOf(found)
      return row
    } finally {
      this.#land(flight, row)
    }
  }

  /** From here on nobody is answered with what was known before the change. */
  #beginChange(key: string): Flight {
    this.#rows.delete(key)
    return this.#flights.begin(key, this.#settings.clock())
  }

  #endChange(flight: Flight, row: Row | null): void {
    this.#rows.delete(flight.key)
    this.#land(flight, row)
  }

  /** Keeps the row if it is the newest one for sure. That a row is absent is not kept: it may come any moment. */
  #land(flight: Flight, row: Row | null): void {
    const isNewest = this.#flights.end(flight)
    if (isNewest && row !== null && this.#isConnected) {
      this.#rows.set(flight.key, { row, askedAt: flight.askedAt })
    }
  }

  async #listen(): Promise<void> {
    const listener: BusListener = {
      invalidate: (keys) => this.#invalidate(keys),
      connected: () => this.#connection(!this.#isClosed),
      disconnected: () => this.#connection(false),
    }
    try {
      const stop = await this.#settings.bus.subscribe(listener)
      if (this.#isClosed) stop()
      else this.#stop = stop
    } catch (error) {
      warnThatNothingIsCached(error)
    }
  }

  #invalidate(keys: readonly string[]): void {
    this.#counts.invalidations += keys.length
    for (const key of keys) {
      this.#rows.delete(key)
      this.#flights.disturb(key)
    }
  }

  /** Whatever was read while the bus was away may have been changed by a process that nobody heard. */
  #connection(isConnected: boolean): void {
    this.#isConnected = isConnected
    this.#rows.clear()
    this.#flights.disturbAll()
  }
}

/** Many readers share the row: none of them may change it. */
function copyOf({ key, userId, version, expiresAt, payload }: Row): Row {
  return Object.freeze({ key, userId, version, expiresAt, payload })
}

function warnThatNothingIsCached(error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error)
  process.emitWarning(
    `The bus of a cached store cannot be listened to, so that nothing is cached: ${reason}`,
    {
      code: 'LATCHSTRING_CACHE_OFF',
    },
  )
}

function settingsOf(options: CachedOptions): Settings {
  if (typeof options !== 'object' || options === null) throw wrong('takes options, with a "bus" among them')
  const unknown = Object.keys(options).find((name) => !['bus', 'ttl', 'max', 'clock'].includes(name))
  if (unknown !== undefined) throw wrong(`has no option "${unknown}"; it takes bus, ttl, max and clock`)
  const { bus, max = DEFAULT_MAX, clock = systemClock } = options
  if (!hasMethods(bus, ['publish', 'subscribe']))
    throw wrong('takes a "bus" with publish() and subscribe(), such as redisBus')
  if (!Number.isSafeInteger(max) || max < 1) throw wrong('takes a whole number from 1 up as "max"')
  if (typeof clock !== 'function') throw wrong('takes a function as "clock"')
  return { bus, max, clock, ttl: ttlOf(options) }
}

function ttlOf({ ttl = DEFAULT_TTL }: CachedOptions): number {
  const milliseconds = durationOption('The option "ttl" of cached', ttl)
  if (milliseconds <= LONGEST_TTL) return milliseconds
  throw wrong('takes at most 5s as "ttl": for so long an ended session may live on in another process')
}

function checkStore(store: Store): void {
  if (hasMethods(store, ['read', 'write', 'remove', 'list', 'purge'])) return
  throw wrong('takes the session store to read from, such as postgresStore(pool)')
}

function hasMethods(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false
  return names.every((name) => typeof Reflect.get(value, name) === 'function')
}

function wrong(what: string): LatchstringError {
  return new LatchstringError('invalid_option', `cached ${what}.`)
}
