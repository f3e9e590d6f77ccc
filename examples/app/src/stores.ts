import { LatchstringError, type Store } from 'latchstring'
import type { Users } from 'latchstring/accounts'
import { memoryStore } from 'latchstring/stores/memory'
import { codeOf } from './errorCode.ts'
import { SettingError, type Settings } from './settings.ts'
import type { Database, OpenStore } from './stores/database.ts'
import type { DatabaseSetting, SessionStoreSetting } from './storeUrls.ts'

/** Where users and sessions live. */
export interface Stores {
  readonly users: Users
  readonly sessions: Store
  close(): Promise<void>
}

/**
 * Opens what the settings name, and makes or migrates its tables. Only the driver that is needed is loaded.
 * @throws SettingError for what cannot be used. The process should end then: what was opened before stays open.
 */
export async function openStores({ database, sessionStore }: Settings): Promise<Stores> {
  const { users, main } = await explained('DATABASE_URL', database, async () => {
    const main = await openDatabase(database)
    return { main, users: await main.users() }
  })
  const [name, setting] =
    sessionStore.kind === 'database'
      ? (['DATABASE_URL', database] as const)
      : (['SESSION_STORE_URL', sessionStore] as const)
  const sessions = await explained(name, setting, () => openSessions(sessionStore, main))
  return {
    users,
    sessions: sessions.store,
    async close() {
      await sessions.close()
      await main.close()
    },
  }
}

async function openDatabase(setting: DatabaseSetting): Promise<Database> {
  switch (setting.kind) {
    case 'sqlite':
      return (await import('./stores/sqlite.ts')).openSqlite(setting.path)
    case 'postgres':
      return (await import('./stores/postgres.ts')).openPostgres(setting.url)
    case 'mysql':
      return (await import('./stores/mysql.ts')).openMysql(setting.url)
  }
}

async function openSessions(setting: SessionStoreSetting, main: Database): Promise<OpenStore> {
  switch (setting.kind) {
    case 'database':
      return { store: await main.sessions(), close: async () => {} }
    case 'memory':
      return { store: memoryStore(), close: async () => {} }
    case 'redis':
      return (await import('./stores/redis.ts')).openRedis(setting.urls)
    default: {
      const own = await openDatabase(setting)
      return { store: await own.sessions(), close: own.close }
    }
  }
}

const NAMES = {
  sqlite: 'a SQLite file',
  postgres: 'a PostgreSQL database',
  mysql: 'a MySQL or MariaDB database',
  redis: 'a Redis server',
  memory: 'memory',
} as const

/** Drivers put addresses and names into their messages; their codes say enough. */
async function explained<T>(
  setting: string,
  { kind }: { readonly kind: keyof typeof NAMES },
  open: () => Promise<T>,
): Promise<T> {
  try {
    return await open()
  } catch (cause) {
    throw new SettingError(`${setting} names ${NAMES[kind]} that cannot be used: ${reasonOf(cause)}`, {
      cause,
    })
  }
}

/** The library's own words tell what to change on the server. */
function reasonOf(error: unknown): string {
  if (!(error instanceof LatchstringError)) return wordsOf(error)
  return error.code === 'store_unavailable' ? wordsOf(error.cause) : error.message
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer'
  const { errstr = null }: Error & { errstr?: unknown } = error
  return String(errstr ?? codeOf(error) ?? error.message)
}
