import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import mysql from 'mysql2/promise'
import pg from 'pg'
import postgres from 'postgres'
import { aNewUser, created, inTurns, same, tally } from '../src/testing/users/case.ts'
import { testUsers } from '../src/testing/usersContract.ts'
import { mysqlUsers } from '../src/users/mysql.ts'
import { postgresUsers } from '../src/users/postgres.ts'
import type { SqlUsers } from '../src/users/sql.ts'
import { testOwnUsers } from './own-users.ts'
import { createDatabase, type Database } from './servers.ts'
import { aRow, cableTo, counting, hasCode, openSqlStore } from './sql-stores.ts'
import { signUpTogether } from './users-processes.ts'

/** Users on a real server, and what a test wants beside them. */
export interface OpenUsers {
  readonly users: SqlUsers
  /** Runs a statement around the users. */
  query(text: string): Promise<unknown>
  /** How many statements the users have sent so far. */
  sent(): number
  close(): Promise<void>
}

export function openSqlUsers(driver: string, url: string): OpenUsers {
  if (driver === 'pg') return openPg(url)
  if (driver === 'postgres.js') return openPostgresJs(url)
  return openMysql(url)
}

function openPg(connectionString: string): OpenUsers {
  const pool = new pg.Pool({ connectionString })
  const { counted, sent } = counting(pool, 'query')
  return {
    users: postgresUsers(counted),
    query: (text) => pool.query(text),
    sent,
    close: () => pool.end(),
  }
}

function openPostgresJs(url: string): OpenUsers {
  const sql = postgres(url, { onnotice: (notice) => assert.fail(JSON.stringify(notice)) })
  const { counted, sent } = counting(sql, 'unsafe')
  return {
    users: postgresUsers(counted),
    query: (text) => sql.unsafe(text),
    sent,
    close: () => sql.end({ timeout: 1 }),
  }
}

function openMysql(url: string): OpenUsers {
  const pool = mysql.createPool(url)
  const { counted, sent } = counting(pool, 'execute')
  return { users: mysqlUsers(counted), query: (text) => pool.query(text), sent, close: () => pool.end() }
}

type DatabaseKind = Parameters<typeof createDatabase>[0]

const COLUMNS = [
  ...['id', 'email', 'email_key', 'username', 'username_key', 'password_hash', 'credential_version'],
  ...['email_verified_at', 'disabled_at', 'created_at', 'revision'],
]

/** Stands for the table, with another column in the place of the one of that name. */
function viewWith(column: string): string {
  const name = column.split(' ').at(-1)
  const others = COLUMNS.filter((other) => other !== name)
  return `CREATE VIEW latchstring_users AS SELECT ${[...others, column].join()} FROM elsewhere`
}

/** What users on every SQL server keep, whatever the dialect and the driver. */
export function testSqlUsers(kind: DatabaseKind, driver: string): void {
  let database: Database
  let shared: OpenUsers
  let beside: OpenUsers

  before(async () => {
    database = await createDatabase(kind)
    shared = openSqlUsers(driver, database.url)
    beside = openSqlUsers(driver, database.url)
    await shared.users.migrate()
  })
  after(async () => {
    await shared.close()
    await beside.close()
    await database.drop()
  })

  const empty = async () => {
    await shared.query('DELETE FROM latchstring_users')
    return shared.users
  }
  testUsers(async () => [await empty(), beside.users], { name: 'keeps the users contract' })
  testOwnUsers(empty)

  const open = (t: TestContext, url = database.url): OpenUsers => {
    const opened = openSqlUsers(driver, url)
    t.after(() => opened.close())
    return opened
  }
  const openStoreToo = (t: TestContext, url: string) => {
    const opened = openSqlStore(driver, url)
    t.after(() => opened.close())
    return opened
  }
  const newDatabase = async (t: TestContext): Promise<string> => {
    const { url, drop } = await createDatabase(kind)
    t.after(drop)
    return url
  }

  void describe('migrates', () => {
    test('at the first use, once', async (t) => {
      const url = await newDatabase(t)
      const { users } = open(t, url)
      const answers = await Promise.all([users.findByEmail('a'), users.create(aNewUser('b')), users.find(7)])
      assert.equal(answers[1].kind, 'created')
      const other = open(t, url)
      await other.users.migrate()
      const before = other.sent()
      await other.users.migrate()
      assert.equal((await other.users.findByEmail('b'))?.email, 'b')
      assert.equal(other.sent() - before, 1, 'the look-up and nothing else')
    })

    test('once, when four processes sign up the same 50 users at once: each user is created once (F-09)', {
      timeout: 60_000,
    }, async (t) => {
      const url = await newDatabase(t)
      assert.equal(await signUpTogether(t, 4, driver, url, 50), 50)
      const { query } = open(t, url)
      assert.match(
        JSON.stringify(await query('SELECT version FROM latchstring_users_schema')),
        /^[^}]*"version":1}[^}]*/,
      )
    })

    test('beside the sessions, at the same time, each with a version of its own', async (t) => {
      const url = await newDatabase(t)
      const { users, query } = open(t, url)
      const { store } = openStoreToo(t, url)
      const [user, written] = await Promise.all([users.create(aNewUser('a')), store.write(aRow('a'))])
      assert.deepEqual([user.kind, written], ['created', true])
      await query('INSERT INTO latchstring_schema (version) VALUES (7)')
      await open(t, url).users.migrate()
      await assert.rejects(
        openStoreToo(t, url).store.migrate(),
        hasCode('store_schema', /latchstring's tables;/),
      )
    })

    test('without the right to create tables, when there is nothing to do', async (t) => {
      const { users, sent } = open(t)
      await users.migrate()
      assert.equal(sent(), 3, 'it has looked at the connection, for the table and for the version')
    })

    test('not a schema of the future, and leaves it alone', async (t) => {
      const url = await newDatabase(t)
      await open(t, url).users.migrate()
      const { users, query } = open(t, url)
      await query('INSERT INTO latchstring_users_schema (version) VALUES (7)')
      const tooNew = hasCode(
        'store_schema',
        /version 7 of latchstring's table of users; .*up to 1\. A newer release.*run that release/,
      )
      await assert.rejects(users.migrate(), tooNew)
      await assert.rejects(users.find(1), tooNew)
      await assert.rejects(users.create(aNewUser()), tooNew)
      assert.equal(await openStoreToo(t, url).store.write(aRow('a')), true, 'the sessions go on')
      await query('DELETE FROM latchstring_users_schema WHERE version = 7')
      await created(users)
    })

    test('again after a failure', async (t) => {
      const cable = await cableTo(t, await newDatabase(t))
      await cable.cut()
      const { users } = open(t, cable.url)
      await assert.rejects(users.migrate(), hasCode('store_unavailable', /failed: .*ECONNREFUSED/))
      await cable.mend()
      await created(users)
    })
  })

  test('asks once to find and to create, and twice to update and to tell what is taken', async (t) => {
    const { users, sent } = open(t)
    await empty()
    await users.migrate()
    const count = async (call: () => Promise<unknown>) => {
      const before = sent()
      await call()
      return sent() - before
    }
    const user = await created(users, aNewUser('first', { username: same('first') }))
    assert.equal(await count(() => users.find(user.id)), 1)
    assert.equal(await count(() => users.create(aNewUser())), 1)
    assert.equal(await count(() => users.create(aNewUser())), 2)
    assert.equal(await count(() => users.update(user.id, 1, { disabledAt: 1 })), 2)
    assert.equal(await count(() => users.update(user.id, 7, { disabledAt: 1 })), 1)
    assert.equal(await count(() => users.remove(user.id)), 1)
    assert.equal(await count(() => users.findByEmail('\uD800')), 0)
  })

  test('gives up when neither an email nor a username is what is in the way', async (t) => {
    const url = await newDatabase(t)
    const { users, query } = open(t, url)
    const user = await created(users, aNewUser('a', { createdAt: 1 }))
    await query('CREATE UNIQUE INDEX theirs ON latchstring_users (created_at)')
    const refused = hasCode('store_unavailable', /refused to store the user 32 times, and nobody else/)
    await assert.rejects(users.create(aNewUser('b', { createdAt: 1 })), refused)
    assert.equal((await users.update(user.id, 1, { email: same('c') })).kind, 'updated')
  })

  test('says that a row is garbage when somebody changed the table', async (t) => {
    const url = await newDatabase(t)
    const { users, query } = open(t, url)
    const { id } = await created(users)
    await query('ALTER TABLE latchstring_users RENAME TO elsewhere')
    const garbage = ['1.5 AS credential_version', 'NULL AS email', '5 AS username', '1.5 AS disabled_at']
    for (const column of garbage) {
      await query(viewWith(column))
      // A connection of its own: PostgreSQL notices when the types of a prepared statement change.
      await assert.rejects(
        open(t, url).users.find(id),
        hasCode('store_unavailable', /table latchstring_users .*did not write/),
      )
      await query('DROP VIEW latchstring_users')
    }
  })

  test('rejects while the server is gone, and works when it is back', { timeout: 60_000 }, async (t) => {
    const cable = await cableTo(t, database.url)
    const { users } = open(t, cable.url)
    await empty()
    const user = await created(users)
    await cable.cut()
    const gone = hasCode('store_unavailable', /failed: ./)
    await Promise.all([
      assert.rejects(users.find(user.id), gone),
      assert.rejects(users.findByEmail('ann@example.com'), gone),
      assert.rejects(users.findByUsername('ann'), gone),
      assert.rejects(users.create(aNewUser('b')), gone),
      assert.rejects(users.update(user.id, 1, { disabledAt: 1 }), gone),
      assert.rejects(users.remove(user.id), gone),
    ])
    await cable.mend()
    assert.deepEqual(await users.find(user.id), user)
    assert.equal((await users.update(user.id, 1, { disabledAt: 1 })).kind, 'updated')
  })

  test('gives an email that is freed and wanted all the time to one user at a time (F-09)', {
    timeout: 60_000,
  }, async (t) => {
    const { users } = open(t)
    await empty()
    let holders = 0
    const outcomes = await inTurns([users, beside.users], 100, async (each) => {
      const outcome = await each.create(aNewUser())
      if (outcome.kind !== 'created') return outcome
      assert.equal(++holders, 1, 'two users have one email')
      assert.deepEqual(await each.findByEmail('ann@example.com'), outcome.user)
      holders--
      assert.equal(await each.remove(outcome.user.id), true)
      return outcome
    })
    const { created = 0, 'taken email': taken = 0 } = tally(outcomes)
    assert.ok(created >= 1)
    assert.equal(created + taken, 100)
    assert.equal(await users.findByEmail('ann@example.com'), null)
  })
}
