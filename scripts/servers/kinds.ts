export type ServerKind = 'postgres' | 'mysql' | 'redis' | 'redis-cluster' | 'redis-sentinel'

/** What people call it, and the variable of the environment that says where one runs. */
export interface KindNames {
  readonly title: string
  readonly variable: string
}

export const KINDS: Readonly<Record<ServerKind, KindNames>> = {
  postgres: { title: 'PostgreSQL', variable: 'LATCHSTRING_POSTGRES_URL' },
  mysql: { title: 'MariaDB', variable: 'LATCHSTRING_MYSQL_URL' },
  redis: { title: 'Redis', variable: 'LATCHSTRING_REDIS_URL' },
  'redis-cluster': { title: 'Redis Cluster', variable: 'LATCHSTRING_REDIS_CLUSTER_URL' },
  'redis-sentinel': { title: 'Redis Sentinel', variable: 'LATCHSTRING_REDIS_SENTINEL_URL' },
}

export function isServerKind(text: string): text is ServerKind {
  return Object.hasOwn(KINDS, text)
}

/** A server that the tests go without. */
export interface MissingServer {
  readonly kind: ServerKind
  readonly reason: string
  readonly install: string
  /** The last lines of a server that is there but did not start. */
  readonly log: string
}

/** Where the servers run, by variable, and which are not there. */
export interface Report {
  readonly environment: Readonly<Record<string, string>>
  readonly missing: readonly MissingServer[]
}
