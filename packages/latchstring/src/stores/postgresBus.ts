import { LatchstringError } from '../core/errors.ts'
import { systemRandom } from '../core/random.ts'
import type { BusListener, InvalidationBus } from './_bus.ts'
import { decodeMessage, encodeMessages } from './_busMessage.ts'

export type { BusListener, InvalidationBus }

/** A `Pool` of pg, as far as the bus needs it. */
export interface PostgresPool {
  connect(): Promise<PostgresListener>
  query(text: string, values: string[]): Promise<unknown>
}

/** A client out of that pool. */
export interface PostgresListener {
  query(text: string): Promise<unknown>
  on(event: 'notification', listener: (message: PostgresNotification) => void): unknown
  on(event: 'error' | 'end', listener: () => void): unknown
  release(destroy: boolean): void
}

export interface PostgresNotification {
  readonly channel: string
  readonly payload?: string | undefined
}

const DEFAULT_CHANNEL = 'latchstring_invalidate'
/** PostgreSQL takes less than 8,000. */
const MAX_BYTES = 7_900
const FIRST_PAUSE = 50
const LONGEST_PAUSE = 2_000

/**
 * Tells the other processes over PostgreSQL's LISTEN and NOTIFY which rows have changed. It keeps one connection of
 * the pool to itself, and takes another one when that is lost, so the pool needs two at least. A pooler such as
 * PgBouncer has to run in session mode.
 *
 * `pool.end()` waits for that connection: call `close()` of the cached store first.
 *
 * Applications that share a database each need a `channel` of their own.
 *
 * @example
 * const store = cached(postgresStore(pool), { bus: postgresBus(pool) })
 */
export function postgresBus(pool: PostgresPool, channel: string = DEFAULT_CHANNEL): InvalidationBus {
  if (typeof pool?.connect !== 'function' || typeof pool.query !== 'function') throw wrong('a Pool of pg')
  // It becomes part of a statement, as LISTEN takes no parameters. PostgreSQL cuts longer names.
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(channel))
    throw wrong('letters, digits and underscores, at most 63, as the channel')
  return new PostgresBus(pool, channel)
}

class PostgresBus implements InvalidationBus {
  readonly #pool: PostgresPool
  readonly #channel: string
  /** Tells the messages of this bus from those of the others. */
  readonly #origin: string = Buffer.from(systemRandom(12)).toString('base64url')
  #listener: BusListener | null = null
  #client: PostgresListener | null = null
  #pause = FIRST_PAUSE
  #timer: NodeJS.Timeout | undefined

  constructor(pool: PostgresPool, channel: string) {
    this.#pool = pool
    this.#channel = channel
  }

  async publish(keys: readonly string[]): Promise<void> {
    const messages = encodeMessages(this.#origin, keys, MAX_BYTES)
    const notify = (message: string) => this.#pool.query('SELECT pg_notify($1, $2)', [this.#channel, message])
    await Promise.all(messages.map(notify))
  }

  async subscribe(listener: BusListener): Promise<() => void> {
    if (this.#listener !== null) throw wrong('one cached store: make another bus for another store')
    this.#listener = listener
    await this.#listen()
    return () => this.#leave()
  }

  async #listen(): Promise<void> {
    try {
      const client = await this.#pool.connect()
      if (this.#listener === null) return client.release(false)
      await this.#listenOn(client)
    } catch {
      this.#tryLater()
    }
  }

  async #listenOn(client: PostgresListener): Promise<void> {
    this.#client = client
    client.on('notification', (message) => this.#receive(message))
    client.on('error', () => this.#lose(client))
    client.on('end', () => this.#lose(client))
    try {
      await client.query(`LISTEN "${this.#channel}"`)
    } catch {
      return this.#lose(client)
    }
    if (this.#client !== client) return
    this.#pause = FIRST_PAUSE
    this.#listener?.connected()
  }

  #receive({ channel, payload }: PostgresNotification): void {
    if (channel !== this.#channel) return
    const keys = decodeMessage(this.#origin, payload)
    if (keys.length > 0) this.#listener?.invalidate(keys)
  }

  /** One broken connection is reported in several ways: the first one counts. */
  #lose(client: PostgresListener): void {
    if (this.#client !== client) return
    this.#client = null
    this.#listener?.disconnected()
    client.release(true)
    this.#tryLater()
  }

  #tryLater(): void {
    if (this.#listener === null) return
    this.#timer = setTimeout(() => void this.#listen(), this.#pause)
    // A process that has nothing else to do may end.
    this.#timer.unref()
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE)
  }

  #leave(): void {
    clearTimeout(this.#timer)
    this.#listener = null
    const client = this.#client
    this.#client = null
    // Closed rather than given back: the next one to use it would go on listening.
    client?.release(true)
  }
}

function wrong(wanted: string): LatchstringError {
  return new LatchstringError('invalid_option', `postgresBus takes ${wanted}.`)
}
