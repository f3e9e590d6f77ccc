import { postgresStore } from 'latchstring/stores/postgres'
import { postgresUsers } from 'latchstring/users/postgres'
import { Pool } from 'pg'
import { type Database, migrated } from './database.ts'

const CONNECT_LIMIT = 5_000

/** A PostgreSQL database, with one pool for users and sessions. */
export function openPostgres(url: string): Database {
  const pool = new Pool({ connectionString: url, connectionTimeoutMillis: CONNECT_LIMIT })
  return {
    users: () => migrated(postgresUsers(pool)),
    sessions: () => migrated(postgresStore(pool)),
    close: () => pool.end(),
  }
}
