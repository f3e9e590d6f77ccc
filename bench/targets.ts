import { PEER } from './contestants.ts'
import type { Measurements } from './measurements.ts'
import type { LoginCost } from './race.ts'
import { median } from './statistics.ts'

/** A figure to reach, and what it is now. */
export interface Verdict {
  readonly title: string
  readonly value: number
  readonly atMost: number
  /** `null`: less is always better. */
  readonly atLeast: number | null
  readonly isReached: boolean
}

interface Target {
  readonly title: string
  readonly atMost: number
  readonly atLeast?: number
  /** Of each round, or of each contestant; nothing when those that it compares did not run. */
  readonly value: (measurements: Measurements) => number
}

const MANY = 32
const FEW = 4

/** Latchstring on each store, by the name in the ids of the contestants. */
const STORES = {
  Memory: 'memory',
  Sqlite: 'SQLite',
  Redis: 'Redis',
  Postgres: 'PostgreSQL',
  Mysql: 'MariaDB',
}

const SHARES: readonly Target[] = [
  share('Latchstring, memory / express-session, MemoryStore', 'latchstringMemory', PEER, 0.2),
  share('Latchstring, SQLite / express-session, MemoryStore', 'latchstringSqlite', PEER, 0.4),
  share(
    'Latchstring, Redis / express-session, connect-redis',
    'latchstringRedis',
    'expressSessionRedis',
    0.15,
  ),
  share(
    'Latchstring, Redis / the same, no timeout',
    'latchstringRedis',
    'expressSessionRedisNoTimeout',
    0.25,
  ),
  share(
    'Latchstring, PostgreSQL / express-session, connect-pg-simple, 32 connections',
    'latchstringPostgres',
    'expressSessionPostgres',
    0.1,
  ),
  share(
    'Latchstring, PostgreSQL / the same, 4 connections',
    'latchstringPostgres',
    'expressSessionPostgres',
    0.25,
    FEW,
  ),
  ...(['Sqlite', 'Redis', 'Postgres', 'Mysql'] as const).map((store) =>
    share(
      `Latchstring, ${STORES[store]}, cached / express-session, connect-redis`,
      `latchstring${store}Cached`,
      'expressSessionRedis',
      0.15,
    ),
  ),
  ...(['Sqlite', 'Postgres', 'Redis'] as const).map((store) =>
    share(
      `Latchstring, ${STORES[store]} / better-auth, ${STORES[store]}`,
      `latchstring${store}`,
      `betterAuth${store}`,
      0.05,
    ),
  ),
  share('drop-in, memory / express-session, MemoryStore', 'dropInMemory', PEER, 0.5),
  share(
    "drop-in, memory, express-session's defaults / express-session, MemoryStore",
    'dropInMemoryAsBefore',
    PEER,
    0.5,
  ),
  share(
    'Latchstring, memory, 10 kB / express-session, MemoryStore, 10 kB',
    'latchstringMemoryLarge',
    'expressSessionMemoryLarge',
    0.15,
  ),
]

const LIMITS: readonly Target[] = Object.entries(STORES).map(([store, title]) =>
  excess(
    `Latchstring, ${title}: above the thinnest look-up, of what express-session, MemoryStore adds`,
    `latchstring${store}`,
    `thinnest${store}`,
    0.12,
  ),
)

/** What is left of a difference when there is none: two runs of one contestant differ by as much. */
const NOISE = 0.1

const TEN_TIMES: readonly Target[] = Object.entries(STORES).map(([store, title]) =>
  excess(
    `Latchstring, ${title}: 10 x the sessions, of what express-session, MemoryStore adds`,
    `latchstring${store}Many`,
    `latchstring${store}`,
    NOISE,
  ),
)

const STEADY_STATE: readonly Target[] = [
  {
    title: 'Latchstring on every store: bytes of Set-Cookie for each request',
    atMost: 0,
    value: (measurements) => highestOf(measurements, 'setCookieBytes', [MANY, FEW]),
  },
  {
    title: 'Latchstring on every store: writes for each request',
    atMost: 0,
    value: (measurements) => highestOf(measurements, 'writes', [MANY, FEW]),
  },
  trips(
    'Latchstring, PostgreSQL: queries for each request, 32 connections',
    'latchstringPostgres',
    [MANY],
    0.1,
  ),
  {
    ...trips(
      'Latchstring, PostgreSQL: queries for each request, 1 connection',
      'latchstringPostgres',
      [1],
      1,
    ),
    atLeast: 1,
  },
  trips('Latchstring, Redis: commands for each request, at most', 'latchstringRedis', [MANY, FEW, 1], 1),
]

const TARGETS: readonly Target[] = [...SHARES, ...LIMITS, ...TEN_TIMES, ...STEADY_STATE]

const MOST_LOGIN_TRIPS = 3

/** Those of which everything ran. */
export function verdictsOf(measurements: Measurements, logins: ReadonlyMap<string, LoginCost>): Verdict[] {
  return [...TARGETS, ...loginTargets(logins)]
    .map((target) => verdictOn(target, target.value(measurements)))
    .filter(({ value }) => Number.isFinite(value))
}

function loginTargets(logins: ReadonlyMap<string, LoginCost>): Target[] {
  const { trips = Number.NaN, hashes = Number.NaN } = logins.get('accountsPostgres') ?? {}
  const tripsOn = (id: string) => logins.get(id)?.trips ?? Number.NaN
  const subject = 'Latchstring with accounts, PostgreSQL'
  return [
    {
      title: 'Latchstring on every store: round trips of a login without its password check',
      atMost: MOST_LOGIN_TRIPS,
      value: (measurements) => Math.max(...ownIds(measurements).map(tripsOn)),
    },
    { title: `${subject}: round trips of a login`, atMost: MOST_LOGIN_TRIPS, value: () => trips },
    { title: `${subject}: password hashes of a login`, atMost: 1, atLeast: 1, value: () => hashes },
  ]
}

function verdictOn({ title, atMost, atLeast }: Omit<Target, 'value'>, value: number): Verdict {
  const isReached = value <= atMost && value >= (atLeast ?? value)
  return { title, value, atMost, atLeast: atLeast ?? null, isReached }
}

function share(title: string, id: string, peer: string, atMost: number, connections = MANY): Target {
  return { title, atMost, value: (measurements) => median(measurements.shares(id, peer, connections)) }
}

function excess(title: string, id: string, other: string, atMost: number): Target {
  return { title, atMost, value: (measurements) => median(measurements.excess(id, other, PEER, MANY)) }
}

function trips(title: string, id: string, connections: readonly number[], atMost: number): Target {
  return {
    title,
    atMost,
    value: (measurements) =>
      Math.max(...connections.map((count) => measurements.medianOf(id, count, 'trips'))),
  }
}

function highestOf(
  measurements: Measurements,
  figure: 'setCookieBytes' | 'writes',
  connections: readonly number[],
): number {
  const figures = ownIds(measurements).flatMap((id) =>
    connections
      .filter((count) => measurements.has(id, count))
      .map((count) => measurements.medianOf(id, count, figure)),
  )
  return Math.max(...figures)
}

function ownIds({ entries }: Measurements): string[] {
  return entries.map(({ id }) => id).filter((id) => id.startsWith('latchstring'))
}
