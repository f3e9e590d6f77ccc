import { mysqlStore } from 'latchstring/stores/mysql'
import { mysqlUsers } from 'latchstring/users/mysql'
import { createPool } from 'mysql2/promise'
import { type Database, migrated } from './database.ts'

const CONNECT_LIMIT = 5_000

/** A MySQL or MariaDB database, with one pool for users and sessions. */
export function openMysql(url: string): Database {
  const pool = createPool({ uri: url, connectTimeout: CONNECT_LIMIT })
  return {
    users: () => migrated(mysqlUsers(pool)),
    sessions: () => migrated(mysqlStore(pool)),
    close: () => pool.end(),
  }
}
