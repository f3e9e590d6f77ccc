import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Connection, createConnection } from 'mysql2/promise'
import pg from 'pg'
import { KINDS } from '../scripts/servers/kinds.ts'
import { provideServers, skippedLine } from '../scripts/servers.ts'
import type { Entry, StoreKind } from './contestants.ts'
import type { Host } from './processes.ts'
import {
  connectRedis,
  DriverTrips,
  MysqlTrips,
  type RedisConnection,
  RedisTrips,
  SqliteTrips,
  type TripCounter,
} from './trips.ts'
import type { Work } from './work.ts'

type ServerStore = 'postgres' | 'mysql' | 'redis'
const SERVER_STORES: readonly ServerStore[] = ['postgres', 'mysql', 'redis']

export function isServerStore(kind: StoreKind): kind is ServerStore {
  return SERVER_STORES.some((server) => server === kind)
}

/** Private servers for the contestants. */
export class Stores {
  readonly #urls: Readonly<Record<string, string>>
  readonly #folder = mkdtempSync(join(tmpdir(), 'latchstring-bench-'))
  readonly #closing: (() => unknown)[] = []
  #redis: RedisConnection | null = null
  #mysql: Connection | null = null

  private constructor(urls: Readonly<Record<string, string>>, stop: () => Promise<void>) {
    this.#urls = urls
    this.#closing.push(stop, () => rmSync(this.#folder, { recursive: true, force: true }))
  }

  static async start(kinds: ReadonlySet<StoreKind>): Promise<Stores> {
    const wanted = SERVER_STORES.filter((kind) => kinds.has(kind))
    const servers = await provideServers(wanted, {})
    for (const missing of servers.missing) console.error(skippedLine(missing))
    const stores = new Stores(servers.environment, servers.stop)
    await stores.#connect()
    return stores
  }

  async #connect(): Promise<void> {
    const redis = this.#url('redis')
    if (redis !== '') {
      const client = await connectRedis(redis)
      this.#redis = client
      this.#closing.unshift(() => client.close())
    }
    const mysql = this.#url('mysql')
    if (mysql !== '') {
      const connection = await createConnection(mysql)
      this.#mysql = connection
      this.#closing.unshift(() => connection.end())
    }
  }

  has(kind: StoreKind): boolean {
    return !isServerStore(kind) || this.#urls[variableOf(kind)] !== undefined
  }

  /** Databases, a prefix and a folder for this contestant alone. */
  async workFor({ id, store, dataBytes, sessions }: Entry): Promise<Work> {
    return {
      dataBytes,
      postgres: store === 'postgres' ? await this.#createDatabase('postgres', id) : '',
      mysql: store === 'mysql' ? await this.#createDatabase('mysql', id) : '',
      redis: this.#url('redis'),
      prefix: `${id}:`,
      sessions,
      folder: mkdtempSync(join(this.#folder, 'files-')),
    }
  }

  counterOf({ store }: Entry, work: Work, host: Host): TripCounter {
    if (store === 'redis' && this.#redis !== null) return new RedisTrips(this.#redis)
    if (store === 'mysql' && this.#mysql !== null) return new MysqlTrips(this.#mysql)
    if (store === 'sqlite') return new SqliteTrips(work.folder)
    return new DriverTrips(host)
  }

  /** Of the servers that run. */
  async versions(): Promise<Record<string, string>> {
    const postgres = this.has('postgres')
      ? await runInPostgres(this.#url('postgres'), 'SHOW server_version')
      : null
    const redis = await this.#redis?.info('server')
    const mysql = await this.#mysql?.query({ sql: 'SELECT VERSION()', rowsAsArray: true })
    return {
      ...(postgres && { PostgreSQL: String(postgres.rows[0]?.server_version) }),
      ...(mysql && { MariaDB: String(mysql[0]) }),
      ...(redis && { Redis: /redis_version:(\S+)/.exec(redis)?.[1] ?? '' }),
    }
  }

  async stop(): Promise<void> {
    for (const close of this.#closing) await close()
  }

  #url(kind: ServerStore): string {
    return this.#urls[variableOf(kind)] ?? ''
  }

  async #createDatabase(kind: 'postgres' | 'mysql', id: string): Promise<string> {
    const name = `bench_${id.toLowerCase()}`
    const url = new URL(this.#url(kind))
    if (kind === 'mysql') await this.#mysql?.query(`CREATE DATABASE ${name}`)
    else await runInPostgres(url.href, `CREATE DATABASE ${name}`)
    url.pathname = `/${name}`
    return url.href
  }
}

function variableOf(kind: StoreKind): string {
  const server = SERVER_STORES.find((name) => name === kind)
  return server === undefined ? '' : KINDS[server].variable
}

async function runInPostgres(url: string, statement: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await client.query(statement)
  } finally {
    await client.end()
  }
}
