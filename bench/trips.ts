import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Connection } from 'mysql2/promise'
import { createClient } from 'redis'
import type { Host } from './processes.ts'
import { SQLITE_FILE } from './work.ts'

/** Round trips to a store, and how many of them were to write. */
export interface Trips {
  readonly queries: number
  readonly writes: number
}

/** How often the store of a contestant was asked so far, seen from outside of it where that is possible. */
export interface TripCounter {
  now(): Promise<Trips>
  /** The round trips of this work, for work that runs scripts in the server too. */
  during(work: () => Promise<unknown>): Promise<number>
}

async function difference(counter: TripCounter, work: () => Promise<unknown>): Promise<number> {
  const before = await counter.now()
  await work()
  const after = await counter.now()
  return after.queries - before.queries
}

/** The driver's queries, counted in the contestant's process. */
export class DriverTrips implements TripCounter {
  readonly #host: Host

  constructor(host: Host) {
    this.#host = host
  }

  now(): Promise<Trips> {
    return this.#host.queries()
  }

  during(work: () => Promise<unknown>): Promise<number> {
    return difference(this, work)
  }
}

/**
 * A file has no round trips. Whether it was written is seen by a connection of our own: each change in between counts
 * as one write, however many there were.
 */
export class SqliteTrips implements TripCounter {
  readonly #database: DatabaseSync
  #version: unknown
  #writes = 0

  constructor(folder: string) {
    this.#database = new DatabaseSync(join(folder, SQLITE_FILE), { readOnly: true })
  }

  async now(): Promise<Trips> {
    const { data_version: version } = this.#database.prepare('PRAGMA data_version').get() ?? {}
    if (version !== this.#version) this.#writes++
    this.#version = version
    return { queries: 0, writes: this.#writes }
  }

  async during(work: () => Promise<unknown>): Promise<number> {
    await work()
    return 0
  }
}

export type RedisConnection = Awaited<ReturnType<typeof connectRedis>>

export function connectRedis(url: string) {
  return createClient({ url }).connect()
}

/** Of the whole server: only one contestant works at a time. */
export class RedisTrips implements TripCounter {
  readonly #client: RedisConnection

  constructor(client: RedisConnection) {
    this.#client = client
  }

  /** Counts what scripts do inside of the server as well. */
  async now(): Promise<Trips> {
    const text = await this.#client.info('commandstats')
    const counts = Array.from(text.matchAll(/cmdstat_([^:]+):calls=(\d+)/g), ([, name = '', calls]) => ({
      name,
      calls: Number(calls),
    })).filter(({ name }) => !REDIS_BOOKKEEPING.test(name))
    const writing = counts.filter(({ name }) => !/^m?get$/.test(name))
    return { queries: sumOf(counts), writes: sumOf(writing) }
  }

  async during(work: () => Promise<unknown>): Promise<number> {
    let commands = 0
    const end = Promise.withResolvers<void>()
    const monitor = await this.#client.duplicate().connect()
    await monitor.monitor((line) => {
      const [, sender = '', name = ''] = /\[\d+ ([^\]]+)\] "([^"]+)"/.exec(String(line)) ?? []
      if (/^echo$/i.test(name)) end.resolve()
      else if (sender !== 'lua' && !REDIS_BOOKKEEPING.test(name.toLowerCase())) commands++
    })
    await work()
    // What is reported comes in order: this is the last.
    await this.#client.echo('end')
    await end.promise
    monitor.destroy()
    return commands
  }
}

/** What clients and this bench send by themselves. */
const REDIS_BOOKKEEPING =
  /^(info|hello|client.*|ping|select|config.*|subscribe|auth|script.*|function.*|monitor|echo)$/

function sumOf(counts: readonly { readonly calls: number }[]): number {
  return counts.reduce((total, { calls }) => total + calls, 0)
}

const MYSQL_WRITES = ['Com_insert', 'Com_update', 'Com_delete', 'Com_replace']

/** Of the whole server, as for Redis. */
export class MysqlTrips implements TripCounter {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  async now(): Promise<Trips> {
    const [rows] = await this.#connection.query({ sql: 'SHOW GLOBAL STATUS', rowsAsArray: true })
    const counts = new Map<string, number>()
    for (const [name, value] of Array.isArray(rows) ? rows.filter(Array.isArray) : []) {
      counts.set(String(name), Number(value))
    }
    const writes = MYSQL_WRITES.reduce((total, name) => total + (counts.get(name) ?? 0), 0)
    return { queries: writes + (counts.get('Com_select') ?? 0), writes }
  }

  during(work: () => Promise<unknown>): Promise<number> {
    return difference(this, work)
  }
}
