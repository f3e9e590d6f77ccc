import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import callbackMysql from 'mysql2'
import mysql from 'mysql2/promise'
import { createDatabase, type Database, describeWith } from '../../test/servers.ts'
import { hasCode } from '../../test/sql-stores.ts'
import { testSqlUsers } from '../../test/sql-users.ts'
import type { MysqlQuery } from '../stores/mysql.ts'
import type { Value } from '../stores/sql.ts'
import { aNewUser, created, parallel, same, tally } from '../testing/users/case.ts'
import { type MysqlUsers, mysqlUsers } from './mysql.ts'

describeWith('mysql', 'mysqlUsers with mysql2', () => testSqlUsers('mysql', 'mysql2'))

describe('mysqlUsers refuses', () => {
  test('what is no pool of mysql2/promise', () => {
    const wrong = [undefined, null, 'mysql://localhost', {}, () => {}, callbackMysql.createPool({})]
    for (const pool of wrong) {
      assert.throws(
        () => Reflect.apply(mysqlUsers, undefined, [pool]),
        hasCode('invalid_option', /^mysqlUsers takes a pool of mysql2\/promise/),
      )
    }
  })
})

/** An error as mysql2 makes it. */
function mysqlError(errno: number): Error {
  return Object.assign(new Error(`error ${errno}`), { errno })
}

describeWith('mysql', 'mysqlUsers in MySQL', () => {
  let database: Database
  let pool: mysql.Pool

  before(async () => {
    database = await createDatabase('mysql')
    pool = mysql.createPool(database.url)
    await mysqlUsers(pool).migrate()
  })
  after(async () => {
    await pool.end()
    await database.drop()
  })

  const openPool = async (t: TestContext, options: mysql.PoolOptions = {}): Promise<mysql.Pool> => {
    await pool.query('DELETE FROM latchstring_users')
    const own = mysql.createPool({ uri: database.url, ...options })
    t.after(() => own.end())
    return own
  }
  const open = async (t: TestContext, options?: mysql.PoolOptions): Promise<MysqlUsers> =>
    mysqlUsers(await openPool(t, options))

  test('finds users by unique indexes, and by the id that a driver sends as a fraction', async (t) => {
    const users = await open(t)
    const all = await parallel(50, (index) =>
      created(users, aNewUser(`${index}`, { username: same(`${index}`) })),
    )
    const explain = async (where: string, value: number | Buffer) => {
      const [plan] = await pool.execute(`EXPLAIN SELECT * FROM latchstring_users WHERE ${where} = ?`, [value])
      return JSON.stringify(plan)
    }
    assert.match(await explain('id', Number(all[7]?.id)), /"type":"const".*"key":"PRIMARY"/)
    assert.match(await explain('email_key', Buffer.from('7')), /"key":"latchstring_users_email"/)
    assert.match(await explain('username_key', Buffer.from('7')), /"key":"latchstring_users_username"/)
  })

  test('keeps texts that one can look at', async (t) => {
    await created(await open(t), aNewUser('é@example.com', { passwordHash: '$argon2id$' }))
    const [rows] = await pool.query('SELECT email, password_hash AS hash FROM latchstring_users')
    assert.equal(JSON.stringify(rows), JSON.stringify([{ email: 'é@example.com', hash: '$argon2id$' }]))
  })

  test('tells updated from changed whether the connection counts found rows or changed ones', async (t) => {
    for (const flags of ['+FOUND_ROWS', '-FOUND_ROWS']) {
      const users = await open(t, { flags: [flags] })
      const user = await created(users)
      for (const changes of [{ disabledAt: 1 }, { disabledAt: 1 }, {}, { email: same(user.email) }])
        assert.equal((await users.update(user.id, 1, changes)).kind, 'updated', flags)
      assert.equal((await users.update(user.id, 2, { disabledAt: 1 })).kind, 'changed', flags)
    }
  })

  test('reads rows and ids whatever the application has set for its own queries', async (t) => {
    const settings = {
      supportBigNumbers: true,
      bigNumberStrings: true,
      typeCast: false,
      namedPlaceholders: true,
    }
    const users = await open(t, settings)
    const user = await created(users, aNewUser('a', { createdAt: 8.64e15 }))
    assert.equal(typeof user.id, 'number')
    assert.deepEqual(await users.find(user.id), user)
    assert.equal((await users.update(user.id, 1, { username: same('a') })).kind, 'updated')
    assert.equal(await users.remove(user.id), true)
  })

  test('keeps texts whole on a server that is not strict', async (t) => {
    const own = await openPool(t)
    own.on('connection', (connection) => void connection.query("SET sql_mode = ''"))
    const users = mysqlUsers(own)
    const text = '😀'.repeat(256)
    const user = await created(users, aNewUser(text, { username: same(text), passwordHash: text }))
    assert.deepEqual(await users.findByEmail(text), user)
    await assert.rejects(users.create(aNewUser(`${text}x`)), hasCode('invalid_argument', /1024/))
  })

  test('refuses connections that would lose changes or respell texts', async (t) => {
    const manual = await openPool(t)
    manual.on('connection', (connection) => void connection.query('SET autocommit = 0'))
    await assert.rejects(
      mysqlUsers(manual).migrate(),
      hasCode('invalid_option', /^mysqlUsers needs connections with autocommit on .* autocommit 0 /),
    )
  })

  test('runs a statement again that was the victim of a deadlock, a bounded number of times (T88)', async (t) => {
    const own = await openPool(t)
    await mysqlUsers(own).migrate()
    let failures: number[] = []
    const execute = async (query: MysqlQuery, values: Value[]): Promise<[unknown, unknown]> => {
      const errno = query.sql.startsWith('UPDATE') ? failures.shift() : undefined
      if (errno !== undefined) throw mysqlError(errno)
      return own.execute(query, values)
    }
    const users = mysqlUsers({ execute, getConnection: () => own.getConnection() })
    const { id } = await created(users)
    failures = [1213, 1020, 1615]
    assert.equal((await users.update(id, 1, { disabledAt: 1 })).kind, 'updated')
    failures = [1205]
    await assert.rejects(users.update(id, 1, {}), hasCode('store_unavailable', /MySQL failed: error 1205/))
    failures = Array.from({ length: 100 }, () => 1213)
    await assert.rejects(users.update(id, 1, {}), hasCode('store_unavailable', /error 1213/))
    assert.equal(failures.length, 92)
  })

  test('tells a change that came between its look and its swap', async (t) => {
    const own = await openPool(t)
    const other = mysqlUsers(pool)
    const execute = async (query: MysqlQuery, values: Value[]): Promise<[unknown, unknown]> => {
      if (query.sql.startsWith('UPDATE')) await other.update(id, 1, { credentialVersion: 2 })
      return own.execute(query, values)
    }
    const users = mysqlUsers({ execute, getConnection: () => own.getConnection() })
    const { id } = await created(users)
    assert.deepEqual(await users.update(id, 1, { passwordHash: '$late$' }), { kind: 'changed' })
    assert.equal((await users.find(id))?.passwordHash, '$hash$')
  })

  test('takes up a migration that was broken off, as each of its statements is committed on its own', async (t) => {
    const { url, drop } = await createDatabase('mysql')
    t.after(drop)
    const own = mysql.createPool(url)
    t.after(() => own.end())
    await mysqlUsers(own).migrate()
    await own.query('DELETE FROM latchstring_users_schema')
    await created(mysqlUsers(own))
  })

  /** A database user with these rights, and the pool of that user. */
  const openAs = async (t: TestContext, url: string, grants: readonly string[]): Promise<mysql.Pool> => {
    const name = new URL(url).pathname.slice(1)
    const user = name.slice(0, 30)
    await pool.query(`CREATE USER ${user} IDENTIFIED BY 'secret'`)
    t.after(() => pool.query(`DROP USER ${user}`))
    for (const grant of grants) await pool.query(`GRANT ${grant.replace('ON ', `ON ${name}.`)} TO ${user}`)
    const own = mysql.createPool({ uri: url, user, password: 'secret' })
    t.after(() => own.end())
    return own
  }

  test('needs no right to create tables once they are there', async (t) => {
    await pool.query('DELETE FROM latchstring_users')
    const rights = [
      'SELECT ON latchstring_users_schema',
      'SELECT, INSERT, UPDATE, DELETE ON latchstring_users',
    ]
    const users = mysqlUsers(await openAs(t, database.url, rights))
    const outcomes = await parallel(10, () => users.create(aNewUser()))
    assert.deepEqual(tally(outcomes), { created: 1, 'taken email': 9 })
  })

  test('needs CREATE, SELECT and INSERT to create the tables', async (t) => {
    const { url, drop } = await createDatabase('mysql')
    t.after(drop)
    await created(mysqlUsers(await openAs(t, url, ['CREATE, SELECT, INSERT ON *'])))
  })
})
