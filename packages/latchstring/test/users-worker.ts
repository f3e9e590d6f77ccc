/**
 * A process of its own for the tests of users: `node users-worker.ts <driver> <url or path> <count>`. When it is told
 * to begin, it signs up `count` users whom others want to be too, and says how many of them it became.
 */
import { once } from 'node:events'
import type { Users } from '../src/auth/types.ts'
import { aNewUser } from '../src/testing/users/case.ts'
import { sqliteUsers } from '../src/users/sqlite.ts'
import { openSqlUsers } from './sql-users.ts'

const [driver = '', url = '', count = '0'] = process.argv.slice(2)

interface Opened {
  readonly users: Users
  readonly close: () => unknown
}

function open(): Opened {
  if (driver !== 'sqlite') return openSqlUsers(driver, url)
  const users = sqliteUsers(url)
  return { users, close: users.close }
}

const begun = once(process, 'message')
process.send?.('ready')
await begun
const { users, close } = open()
let created = 0
for (let index = 0; index < Number(count); index++) {
  const { kind } = await users.create(aNewUser(`user-${index}@example.com`))
  if (kind === 'created') created++
}
process.send?.(created)
await close()
process.disconnect()
