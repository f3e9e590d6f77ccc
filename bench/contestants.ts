import { SESSIONS } from './work.ts'

export type StoreKind = 'none' | 'memory' | 'sqlite' | 'postgres' | 'mysql' | 'redis'

export type ContestantKind = 'bare' | 'peer' | 'drop-in' | 'latchstring' | 'thinnest'

/** One contestant of the bench: a file, and what it is given. */
export interface Entry {
  readonly id: string
  readonly title: string
  readonly kind: ContestantKind
  readonly store: StoreKind
  /** The contestant without sessions that it is compared with. */
  readonly base: string
  readonly file: URL
  readonly dataBytes: number
  readonly sessions: number
}

type Described = readonly [id: string, store: StoreKind, title: string, base?: string]

const DATA_BYTES = 100
const LARGE_DATA_BYTES = 10_000

/** What the others' costs are given as a share of. */
export const PEER = 'expressSessionMemory'

const EXPRESS = 'bareExpress'
const FASTIFY = 'bareFastify'

function entries(kind: ContestantKind, described: readonly Described[]): Entry[] {
  return described.map(([id, store, title, base = EXPRESS]) => {
    const file = new URL(`./contestants/${id}.ts`, import.meta.url)
    return { id, title, kind, store, base, file, dataBytes: DATA_BYTES, sessions: SESSIONS }
  })
}

const BASIC: readonly Entry[] = [
  ...entries('bare', [
    ['bareExpress', 'none', 'Express 5, bare'],
    ['bareFastify', 'none', 'Fastify 5, bare'],
    ['bareNode', 'none', 'node:http, bare'],
  ]),
  ...entries('peer', [
    ['expressSessionMemory', 'memory', 'express-session, MemoryStore'],
    ['expressSessionRedis', 'redis', 'express-session, connect-redis'],
    ['expressSessionRedisNoTimeout', 'redis', 'express-session, connect-redis, no timeout'],
    ['expressSessionPostgres', 'postgres', 'express-session, connect-pg-simple'],
    ['fastifySessionMemory', 'memory', '@fastify/session, memory (over Fastify)', FASTIFY],
    ['ironSession', 'none', 'iron-session'],
    ['betterAuthSqlite', 'sqlite', 'better-auth, SQLite'],
    ['betterAuthRedis', 'redis', 'better-auth, Redis'],
    ['betterAuthPostgres', 'postgres', 'better-auth, PostgreSQL'],
  ]),
  ...entries('drop-in', [
    ['dropInMemory', 'memory', 'drop-in, memory'],
    ['dropInMemoryAsBefore', 'memory', "drop-in, memory, express-session's defaults"],
    ['dropInConnectRedis', 'redis', 'drop-in, connect-redis'],
    ['dropInConnectPgSimple', 'postgres', 'drop-in, connect-pg-simple'],
    ['dropInSqlite', 'sqlite', 'drop-in, SQLite'],
    ['dropInSqliteCached', 'sqlite', 'drop-in, SQLite, cached'],
    ['dropInRedis', 'redis', 'drop-in, Redis'],
    ['dropInRedisCached', 'redis', 'drop-in, Redis, cached'],
    ['dropInPostgres', 'postgres', 'drop-in, PostgreSQL'],
    ['dropInPostgresCached', 'postgres', 'drop-in, PostgreSQL, cached'],
    ['dropInMysql', 'mysql', 'drop-in, MariaDB'],
    ['dropInMysqlCached', 'mysql', 'drop-in, MariaDB, cached'],
  ]),
  ...entries('latchstring', [
    ['latchstringMemory', 'memory', 'Latchstring, memory'],
    ['latchstringSqlite', 'sqlite', 'Latchstring, SQLite'],
    ['latchstringSqliteCached', 'sqlite', 'Latchstring, SQLite, cached'],
    ['latchstringRedis', 'redis', 'Latchstring, Redis'],
    ['latchstringRedisCached', 'redis', 'Latchstring, Redis, cached'],
    ['latchstringPostgres', 'postgres', 'Latchstring, PostgreSQL'],
    ['latchstringPostgresCached', 'postgres', 'Latchstring, PostgreSQL, cached'],
    ['latchstringMysql', 'mysql', 'Latchstring, MariaDB'],
    ['latchstringMysqlCached', 'mysql', 'Latchstring, MariaDB, cached'],
    ['accountsPostgres', 'postgres', 'Latchstring with accounts, PostgreSQL'],
  ]),
  ...entries('thinnest', [
    ['thinnestMemory', 'memory', 'thinnest look-up, Map'],
    ['thinnestSqlite', 'sqlite', 'thinnest look-up, SQLite'],
    ['thinnestRedis', 'redis', 'thinnest look-up, Redis'],
    ['thinnestPostgres', 'postgres', 'thinnest look-up, PostgreSQL'],
    ['thinnestMysql', 'mysql', 'thinnest look-up, MariaDB'],
  ]),
]

/** The same file with large data. */
function large(id: string): Entry {
  const original = entryOf(id)
  return { ...original, id: `${id}Large`, title: `${original.title}, 10 kB`, dataBytes: LARGE_DATA_BYTES }
}

/** The same file with ten times the sessions. */
function many(id: string): Entry {
  const original = entryOf(id)
  const title = `${original.title}, 10 x the sessions`
  return { ...original, id: `${id}Many`, title, sessions: 10 * original.sessions }
}

function entryOf(id: string): Entry {
  const entry = BASIC.find((basic) => basic.id === id)
  if (entry === undefined) throw new Error(`there is no contestant ${id}`)
  return entry
}

/** On each store, without a cache in front. */
const PLAIN = [
  'latchstringMemory',
  'latchstringSqlite',
  'latchstringRedis',
  'latchstringPostgres',
  'latchstringMysql',
]

const PEERS_WITH_LARGE_DATA = ['expressSessionMemory', 'expressSessionRedis', 'expressSessionPostgres']

export const CONTESTANTS: readonly Entry[] = [
  ...BASIC,
  ...[...PEERS_WITH_LARGE_DATA, ...PLAIN, 'thinnestMemory'].map(large),
  ...PLAIN.map(many),
]
