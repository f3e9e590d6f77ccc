import { LatchstringError } from '../core/errors.ts'
import type { Row, Store } from '../core/types.ts'
import { type Connection, connectionOf, type RedisClient } from './_redisClient.ts'
import { EvictionCheck } from './_redisEviction.ts'
import { type Entry, UserIndex } from './_redisIndex.ts'
import { ListSearch } from './_redisListSearch.ts'
import { purgeServer } from './_redisPurge.ts'
import { checkRow, decodeRow, type StoredRow } from './_redisRow.ts'
import { swap } from './_redisSwap.ts'

export type {
  IoredisClient,
  IoredisCluster,
  NodeRedisClient,
  NodeRedisCluster,
  NodeRedisSentinel,
  RedisClient,
} from './_redisClient.ts'

export interface RedisStore extends Store {
  read(key: string): Promise<Row | null>
  /** Each row has a time to live, ten minutes longer than its session. A purge would walk all keys. */
  readonly dropsExpired: true
}

export interface RedisStoreOptions {
  /** What the keys of this store begin with. Default: `latchstring:`. */
  readonly prefix?: string
}

/**
 * Sessions in Redis 6.2 or newer, or Valkey: one server, Sentinel or Cluster, through a client of node-redis or
 * ioredis that the application opens and closes.
 *
 * The servers need `maxmemory-policy noeviction`, and an append-only file to keep sessions over a restart. A fail-over
 * may bring back what was ended right before it: docs/stores.md says what to do about that.
 *
 * @example
 * const client = await createClient().connect()
 * const auth = createAuth({ store: redisStore(client) })
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): RedisStore {
  return new RowStore(connectionOf(client), prefixOf(options))
}

class RowStore implements RedisStore {
  readonly dropsExpired = true
  readonly #connection: Connection
  readonly #rowPrefix: string
  readonly #index: UserIndex
  readonly #eviction: EvictionCheck

  constructor(connection: Connection, prefix: string) {
    this.#connection = connection
    this.#rowPrefix = `${prefix}s:`
    this.#index = new UserIndex(connection, prefix)
    this.#eviction = new EvictionCheck(connection)
  }

  async read(key: string): Promise<Row | null> {
    const value = await this.#ask('GET', key)
    return value === null ? null : decodeRow(key, value).row
  }

  async write(row: Row): Promise<boolean> {
    checkRow(row)
    if (!this.#eviction.isDone) await this.#eviction.run()
    // A new row is not entered yet, and need not be asked.
    if (row.version === 1 && row.userId !== null) return this.#writeEntered(row, row.userId)
    const swapped = await this.#swap(row)
    if (swapped.kind === 'unlisted' && row.userId !== null) return this.#writeEntered(row, row.userId)
    return swapped.kind === 'written'
  }

  async remove(keys: readonly string[]): Promise<number> {
    const removed = await Promise.all(keys.map((key) => this.#take(key)))
    const stored = removed.filter((found) => found !== null)
    this.#index.forget(stored)
    return stored.length
  }

  /** Looks again while rows are gone that the index has named, and others may have come in their place. */
  async list(userId: string): Promise<Row[]> {
    if (!this.#eviction.isDone) await this.#eviction.run()
    const search = new ListSearch()
    while (!search.isOver) {
      const keys = search.begin(await this.#index.entriesOf(userId))
      const rows = await Promise.all(keys.map((key) => this.read(key)))
      search.end(rows.filter((row) => row !== null).filter((row) => row.userId === userId))
    }
    return search.rows
  }

  async purge(now: number): Promise<number> {
    const rowPrefix = this.#connection.keyPrefix + this.#rowPrefix
    const masters = await this.#connection.masters()
    const removed = await Promise.all(masters.map((send) => purgeServer(send, rowPrefix, now)))
    return removed.reduce((sum, count) => sum + count, 0)
  }

  /** The entry comes first: a row that is acknowledged is never without one. */
  async #writeEntered(row: Row, userId: string): Promise<boolean> {
    const entry = await this.#index.enter(userId, row.key, row.expiresAt)
    const { kind } = await this.#swap(row, entry)
    if (kind === 'unlisted') throw clocksDiffer()
    if (kind === 'refused') this.#index.forget([{ row, entry: entry.name }])
    return kind === 'written'
  }

  async #swap(row: Row, entry?: Entry): ReturnType<typeof swap> {
    const rowKey = this.#rowPrefix + row.key
    const swapped = await swap((command) => this.#connection.send(rowKey, command), rowKey, row, entry)
    if (swapped.kind === 'written' && swapped.replaced !== null) this.#index.forget([swapped.replaced])
    return swapped
  }

  async #take(key: string): Promise<StoredRow | null> {
    const value = await this.#ask('GETDEL', key)
    return value === null ? null : decodeRow(key, value)
  }

  #ask(command: 'GET' | 'GETDEL', key: string): Promise<unknown> {
    if (!this.#eviction.isDone) return this.#eviction.run().then(() => this.#ask(command, key))
    // Redis would get another key: each lone surrogate becomes U+FFFD on the way.
    if (!key.isWellFormed()) return Promise.resolve(null)
    const rowKey = this.#rowPrefix + key
    return this.#connection.send(rowKey, [command, rowKey])
  }
}

function prefixOf(options: RedisStoreOptions): string {
  if (typeof options !== 'object' || options === null) {
    throw new LatchstringError(
      'invalid_option',
      'redisStore takes an object of options, such as { prefix: "app:" }.',
    )
  }
  const unknown = Object.keys(options).find((name) => name !== 'prefix')
  if (unknown !== undefined) {
    throw new LatchstringError('invalid_option', `redisStore has no option "${unknown}". It takes "prefix".`)
  }
  const { prefix = 'latchstring:' } = options
  if (typeof prefix !== 'string' || !/^[^{}]+$/.test(prefix) || !prefix.isWellFormed()) throw badPrefix()
  return prefix
}

/** Braces in a key choose its slot of a cluster. */
function badPrefix(): LatchstringError {
  return new LatchstringError(
    'invalid_option',
    'The option "prefix" of redisStore takes a text without braces, such as "app:".',
  )
}

function clocksDiffer(): LatchstringError {
  return new LatchstringError(
    'store_unavailable',
    'The clocks of the Redis servers differ by hours. Set them by NTP.',
  )
}
