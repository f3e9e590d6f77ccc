import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Contestant, SQLITE_FILE } from '../work.ts'
import { betterAuthServer } from './_betterAuth.ts'

const betterAuthSqlite: Contestant = (work) =>
  betterAuthServer(work, { database: new DatabaseSync(join(work.folder, SQLITE_FILE)) })

export default betterAuthSqlite
