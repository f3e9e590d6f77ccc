import { judge, type MysqlPool, mysqlDriver } from '../stores/_mysqlDriver.ts'
import { MAX_ID_BYTES } from '../stores/_sqlValues.ts'
import { EMAIL_INDEX, USERNAME_INDEX, USERS, USERS_SCHEMA, usersSchema } from './_columns.ts'
import { type Dialect, type SqlUsers, sqlUsers } from './sql.ts'

export interface MysqlUsers extends SqlUsers {}

/**
 * Users in MySQL 8 or MariaDB 10.6 or later, through a pool of mysql2/promise, which you create and close: the one
 * that you give to `mysqlStore`, or another one. All its connections must lead to the primary server: a replica would
 * show passwords that have been changed.
 *
 * Creates the tables `latchstring_users` and `latchstring_users_schema` in the pool's database: at the first use, or
 * when you call `migrate()`.
 *
 * @throws LatchstringError `invalid_option` for anything else.
 * @example
 * const users = mysqlUsers(mysql.createPool(process.env.DATABASE_URL))
 * await users.migrate()
 */
export function mysqlUsers(pool: MysqlPool): MysqlUsers {
  return sqlUsers(DIALECT, mysqlDriver(pool, 'mysqlUsers'))
}

const KEY = `VARBINARY(${MAX_ID_BYTES})`
const TEXT = `VARCHAR(${MAX_ID_BYTES}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`

/**
 * Bytes for what is compared, as no collation can take two for one.
 *
 * MySQL commits each of these statements on its own, and a lock by name is known to one server of a cluster only. So
 * each must do no harm when it is run again.
 */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE IF NOT EXISTS ${USERS_SCHEMA} (version INT NOT NULL PRIMARY KEY) ENGINE = InnoDB`,
    `CREATE TABLE IF NOT EXISTS ${USERS} (
      id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
      email ${TEXT} NOT NULL,
      email_key ${KEY} NOT NULL,
      username ${TEXT},
      username_key ${KEY},
      password_hash ${TEXT},
      credential_version BIGINT NOT NULL,
      email_verified_at BIGINT,
      disabled_at BIGINT,
      created_at BIGINT NOT NULL,
      revision BIGINT NOT NULL,
      UNIQUE INDEX ${EMAIL_INDEX} (email_key),
      UNIQUE INDEX ${USERNAME_INDEX} (username_key)
    ) ENGINE = InnoDB ROW_FORMAT = DYNAMIC`,
  ],
]

const DIALECT: Dialect = {
  schema: usersSchema(MIGRATIONS),
  judge,
  spell: (text) => text,
  afterInsert: '',
}
