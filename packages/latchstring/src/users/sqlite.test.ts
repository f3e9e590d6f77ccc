import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { testOwnUsers } from '../../test/own-users.ts'
import { aRow, hasCode } from '../../test/sql-stores.ts'
import { signUpTogether } from '../../test/users-processes.ts'
import { sqliteStore } from '../stores/sqlite.ts'
import { aNewUser, created, parallel, tally } from '../testing/users/case.ts'
import { testUsers } from '../testing/usersContract.ts'
import { type SqliteUsers, sqliteUsers } from './sqlite.ts'

testUsers(
  (t) => {
    const path = join(folder(), 'app.db')
    return [openUsers(t, path), openUsers(t, path)]
  },
  { name: 'sqliteUsers on a file opened twice keeps the users contract' },
)
testUsers(
  (t) => {
    const database = openDatabase(t, ':memory:')
    return [sqliteUsers(database), sqliteUsers(database)]
  },
  { name: 'sqliteUsers on a database handed in twice keeps the users contract' },
)
testUsers(
  (t) => {
    const users = sqliteUsers(busyDatabase(t))
    return [users, users]
  },
  { name: 'sqliteUsers beside a sqliteStore that writes to the same database keeps the users contract' },
)
testOwnUsers((t) => openUsers(t, ':memory:'))

const BASE = mkdtempSync(join(tmpdir(), 'latchstring-users-'))
// After all tests: Windows removes no file that is still open.
after(() => rmSync(BASE, { recursive: true, force: true }))

/** An empty folder. */
function folder(): string {
  return mkdtempSync(join(BASE, 'test-'))
}

function openUsers(t: TestContext, path: string): SqliteUsers {
  const users = sqliteUsers(path)
  t.after(() => users.close())
  return users
}

function openDatabase(t: TestContext, path: string, options: { timeout?: number } = {}): DatabaseSync {
  const database = new DatabaseSync(path, options)
  t.after(() => {
    if (database.isOpen) database.close()
  })
  return database
}

/** A database to which a store writes sessions until the test ends, each in a transaction of its own. */
function busyDatabase(t: TestContext): DatabaseSync {
  const database = new DatabaseSync(':memory:')
  const store = sqliteStore(database)
  let isBusy = true
  const write = async () => {
    for (let version = 1; isBusy; version++) assert.equal(await store.write(aRow('a', { version })), true)
  }
  const written = write()
  t.after(async () => {
    isBusy = false
    await written
    database.close()
  })
  return database
}

/** The first column of each row. */
function column(database: DatabaseSync, sql: string): unknown[] {
  const rows = database.prepare(sql).all()
  return rows.map((row) => Object.values(row)[0])
}

describe('sqliteUsers', () => {
  test('keeps users over a restart, and gives an id once, even that of the newest user', async () => {
    const path = join(folder(), 'deep/er/app.db')
    const first = sqliteUsers(path)
    const user = await created(first, aNewUser('first'))
    const newest = await created(first, aNewUser('newest'))
    await first.remove(newest.id)
    first.close()
    const second = sqliteUsers(path)
    assert.deepEqual(await second.find(user.id), user)
    assert.notEqual((await created(second, aNewUser('newest'))).id, newest.id)
    second.close()
  })

  test('finds emails and usernames by indexes, which are unique', (t) => {
    const database = openDatabase(t, ':memory:')
    sqliteUsers(database)
    for (const name of ['email', 'username']) {
      const where = `SELECT * FROM latchstring_users WHERE ${name}_key = ?`
      const plan = database.prepare(`EXPLAIN QUERY PLAN ${where}`).all('a')
      assert.match(JSON.stringify(plan), new RegExp(`USING INDEX latchstring_users_${name}`))
    }
    const unique = "SELECT count(*) FROM pragma_index_list('latchstring_users') WHERE [unique] = 1"
    assert.deepEqual(column(database, unique), [2])
  })

  test('reads rows whatever the defaults of the database’s statements are', async (t) => {
    const database = new DatabaseSync(':memory:', { returnArrays: true, readBigInts: true })
    t.after(() => database.close())
    const users = sqliteUsers(database)
    const user = await created(users)
    assert.deepEqual(await users.find(user.id), user)
    assert.equal((await users.update(user.id, 1, { credentialVersion: 2 })).kind, 'updated')
    assert.equal(await users.remove(user.id), true)
  })

  test('signs up in one transaction all that asked in one turn, and a taken email harms nobody else', async (t) => {
    const database = openDatabase(t, ':memory:')
    const users = sqliteUsers(database)
    const emails = ['a', 'b', 'a', 'c', 'b']
    const outcomes = await Promise.all(emails.map((email) => users.create(aNewUser(email))))
    assert.deepEqual(tally(outcomes), { created: 3, 'taken email': 2 })
    assert.deepEqual(column(database, 'SELECT email FROM latchstring_users ORDER BY id'), ['a', 'b', 'c'])
  })

  test('says that a row is garbage when somebody changed the table', async (t) => {
    const database = openDatabase(t, ':memory:')
    const users = sqliteUsers(database)
    const { id } = await created(users)
    database.exec('ALTER TABLE latchstring_users RENAME TO elsewhere')
    database.exec(
      `CREATE VIEW latchstring_users AS SELECT id, email, email_key, username, username_key, 5 AS password_hash,
        credential_version, email_verified_at, disabled_at, created_at, revision FROM elsewhere`,
    )
    await assert.rejects(
      users.find(Number(id)),
      hasCode('store_unavailable', /latchstring_users .*did not write/),
    )
  })

  test('rejects when SQLite fails, and undoes the change', async (t) => {
    const database = openDatabase(t, ':memory:')
    const users = sqliteUsers(database)
    const user = await created(users)
    database.exec(`CREATE TRIGGER broken BEFORE UPDATE ON latchstring_users
      BEGIN SELECT raise(ABORT, 'broken disk'); END`)
    await assert.rejects(
      users.update(user.id, 1, { disabledAt: 1 }),
      hasCode('store_unavailable', /^SQLite failed: broken disk/),
    )
    assert.deepEqual(await users.find(user.id), user)
  })

  test('close ends it, may be called twice, and later calls are rejected', async () => {
    const users = sqliteUsers(join(folder(), 'app.db'))
    const { id } = await created(users)
    users.close()
    users.close()
    const closed = hasCode('store_unavailable', /closed/)
    await assert.rejects(users.find(id), closed)
    await assert.rejects(users.findByEmail('ann@example.com'), closed)
    await assert.rejects(users.findByUsername('ann'), closed)
    await assert.rejects(users.create(aNewUser('b')), closed)
    await assert.rejects(users.update(id, 1, {}), closed)
    await assert.rejects(users.remove(id), closed)
  })
})

describe('sqliteUsers refuses', () => {
  test('what is neither a path nor an open database', (t) => {
    const closed = openDatabase(t, ':memory:')
    closed.close()
    const busy = openDatabase(t, ':memory:')
    busy.exec('BEGIN')
    for (const wrong of [undefined, null, 5, {}, '', closed, busy]) {
      assert.throws(
        () => Reflect.apply(sqliteUsers, undefined, [wrong]),
        hasCode('invalid_option', /^sqliteUsers takes/),
      )
    }
    assert.throws(() => sqliteUsers(folder()), hasCode('store_unavailable', /^sqliteUsers cannot open/))
  })

  test('a schema of the future, and leaves it and the sessions alone', async (t) => {
    const path = join(folder(), 'app.db')
    sqliteUsers(path).close()
    const database = openDatabase(t, path)
    database.exec('UPDATE latchstring_users_schema SET version = 7')
    const tooNew = hasCode('store_schema', /version 7 of latchstring's table of users; .*up to 1\. A newer/)
    assert.throws(() => sqliteUsers(path), tooNew)
    assert.throws(() => sqliteUsers(database), tooNew)
    assert.equal(database.isTransaction, false)
    assert.deepEqual(column(database, 'SELECT version FROM latchstring_users_schema'), [7])
    assert.equal(await sqliteStore(database).write(aRow('a')), true)
  })
})

describe('sqliteUsers and sqliteStore on one database', () => {
  test('have versions of their own, whichever comes first', (t) => {
    const orders = [
      [sqliteStore, sqliteUsers],
      [sqliteUsers, sqliteStore],
    ]
    for (const order of orders) {
      const database = openDatabase(t, ':memory:')
      for (const open of order) open(database)
      for (const open of order) open(database)
      for (const table of ['latchstring_schema', 'latchstring_users_schema'])
        assert.deepEqual(column(database, `SELECT version FROM ${table}`), [1])
    }
  })

  test('change it in the same turn, each in transactions of its own', async (t) => {
    const database = openDatabase(t, ':memory:')
    const users = sqliteUsers(database)
    const store = sqliteStore(database)
    const told = await parallel(50, async (index) => {
      const [outcome, isWritten] = await Promise.all([
        users.create(aNewUser(`${index}`)),
        store.write(aRow(`${index}`)),
      ])
      return outcome.kind === 'created' && isWritten
    })
    assert.deepEqual(new Set(told), new Set([true]))
    assert.deepEqual(column(database, 'SELECT count(*) FROM latchstring_users'), [50])
    assert.deepEqual(column(database, 'SELECT count(*) FROM latchstring_sessions'), [50])
  })

  test('a failure of one leaves the changes of the other alone', async (t) => {
    const database = openDatabase(t, ':memory:')
    const users = sqliteUsers(database)
    const store = sqliteStore(database)
    database.exec(`CREATE TRIGGER broken BEFORE INSERT ON latchstring_users
      BEGIN SELECT raise(ROLLBACK, 'disk full'); END`)
    const told = await Promise.allSettled([users.create(aNewUser()), store.write(aRow('a'))])
    assert.deepEqual(
      told.map(({ status }) => status),
      ['rejected', 'fulfilled'],
    )
    assert.deepEqual(await store.read('a'), aRow('a'))
  })

  test('wait for a transaction that the application left open, and say whose fault it is when it stays open', async (t) => {
    const database = openDatabase(t, ':memory:')
    const users = sqliteUsers(database)
    database.exec('BEGIN')
    const waiting = users.create(aNewUser('a'))
    await sleep(50)
    database.exec('ROLLBACK')
    assert.equal((await waiting).kind, 'created')
    database.exec('BEGIN')
    const stayedOpen = hasCode('store_unavailable', /stayed locked.*handed to sqliteUsers/)
    await Promise.all([
      assert.rejects(users.findByEmail('a'), stayedOpen),
      assert.rejects(users.create(aNewUser('b')), stayedOpen),
    ])
    database.exec('COMMIT')
    assert.equal((await users.findByEmail('a'))?.email, 'a')
  })
})

describe('sqliteUsers on a file that several processes share', () => {
  test('four that create the table and sign up the same 50 users at once create each once (F-09)', {
    timeout: 60_000,
  }, async (t) => {
    const path = join(folder(), 'new/app.db')
    assert.equal(await signUpTogether(t, 4, 'sqlite', path, 50), 50)
    const database = openDatabase(t, path)
    assert.deepEqual(column(database, 'SELECT version FROM latchstring_users_schema'), [1])
    assert.deepEqual(column(database, 'SELECT count(*) FROM latchstring_users'), [50])
  })
})
