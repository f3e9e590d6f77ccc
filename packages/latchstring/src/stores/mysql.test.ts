import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import callbackMysql from 'mysql2'
import mysql from 'mysql2/promise'
import { createDatabase, type Database, describeWith } from '../../test/servers.ts'
import { aRow, hasCode, testSqlStore } from '../../test/sql-stores.ts'
import { type MysqlQuery, type MysqlStore, mysqlStore } from './mysql.ts'
import type { Value } from './sql.ts'

describeWith('mysql', 'mysqlStore with mysql2', () => testSqlStore('mysql', 'mysql2'))

describe('mysqlStore refuses', () => {
  test('what is no pool of mysql2/promise', () => {
    const wrong = [undefined, null, 'mysql://localhost', {}, () => {}, callbackMysql.createPool({})]
    for (const pool of wrong) {
      assert.throws(
        () => Reflect.apply(mysqlStore, undefined, [pool]),
        hasCode('invalid_option', /takes a pool of mysql2\/promise.*pool\.promise\(\)/),
      )
    }
  })
})

/** Never called: only compiled. */
export function misuses(): void {
  // @ts-expect-error a pool of callbacks answers with no promise
  mysqlStore(callbackMysql.createPool({}))
}

/** An error as mysql2 makes it. */
function mysqlError(errno: number): Error {
  return Object.assign(new Error(`error ${errno}`), { errno })
}

describeWith('mysql', 'mysqlStore in MySQL', () => {
  let database: Database
  let pool: mysql.Pool

  before(async () => {
    database = await createDatabase('mysql')
    pool = mysql.createPool(database.url)
    await mysqlStore(pool).migrate()
  })
  after(async () => {
    await pool.end()
    await database.drop()
  })

  const openPool = async (t: TestContext, options: mysql.PoolOptions = {}): Promise<mysql.Pool> => {
    await pool.query('DELETE FROM latchstring_sessions')
    const own = mysql.createPool({ uri: database.url, ...options })
    t.after(() => own.end())
    return own
  }
  const open = async (t: TestContext, options?: mysql.PoolOptions): Promise<MysqlStore> =>
    mysqlStore(await openPool(t, options))

  test('takes the promise side of a pool of callbacks', async (t) => {
    await pool.query('DELETE FROM latchstring_sessions')
    const own = callbackMysql.createPool(database.url).promise()
    t.after(() => own.end())
    assert.equal(await mysqlStore(own).write(aRow('a')), true)
  })

  test('finds keys and users by an index, and has none on the expiry', async () => {
    const explain = async (where: string) => {
      const sql = `EXPLAIN SELECT * FROM latchstring_sessions WHERE ${where}`
      const [plan] = await pool.execute(sql, [Buffer.from('a')])
      return JSON.stringify(plan)
    }
    await pool
      .query("INSERT INTO latchstring_sessions SELECT seq, seq, 1, 1, '' FROM seq_1_to_1000")
      .catch(() => {})
    assert.match(await explain('`key` = ?'), /"possible_keys":"PRIMARY"|no matching row/)
    assert.match(await explain('user_id = ?'), /"key":"latchstring_sessions_user"/)
    const [indexes] = await pool.query(
      "SELECT DISTINCT index_name AS name FROM information_schema.statistics WHERE table_name = 'latchstring_sessions' AND table_schema = DATABASE()",
    )
    assert.equal(JSON.stringify(indexes).split('name').length - 1, 2)
  })

  test('keeps a payload that one can look at', async (t) => {
    const store = await open(t)
    await store.write(aRow('a', { payload: '{"cart":["é"]}' }))
    const [rows] = await pool.query("SELECT payload FROM latchstring_sessions WHERE user_id = 'user'")
    assert.equal(JSON.stringify(rows), JSON.stringify([{ payload: '{"cart":["é"]}' }]))
  })

  test('counts right whether the connection counts found rows or changed ones', async (t) => {
    for (const flags of ['+FOUND_ROWS', '-FOUND_ROWS']) {
      const store = await open(t, { flags: [flags] })
      const same = aRow('a', { version: 2 })
      assert.deepEqual(
        [
          await store.write(aRow('a')),
          await store.write(aRow('a')),
          await store.write(same),
          await store.write(same),
        ],
        [true, false, true, false],
        flags,
      )
    }
  })

  test('reads rows whatever the application has set for its own queries', async (t) => {
    const store = await open(t, {
      typeCast: false,
      bigNumberStrings: true,
      supportBigNumbers: true,
      namedPlaceholders: true,
    })
    await store.write(aRow('a', { expiresAt: 8.64e15 }))
    assert.deepEqual(await store.read('a'), aRow('a', { expiresAt: 8.64e15 }))
  })

  test('refuses connections that would lose changes or respell texts', async (t) => {
    const manual = await openPool(t)
    manual.on('connection', (connection) => void connection.query('SET autocommit = 0'))
    await assert.rejects(
      mysqlStore(manual).migrate(),
      hasCode('invalid_option', /autocommit on and the character set utf8mb4.* autocommit 0 /),
    )
    const latin = await open(t, { charset: 'latin1' })
    await assert.rejects(latin.write(aRow('a')), hasCode('invalid_option', /latin1, latin1/))
  })

  test('keeps ids whole on a server that is not strict', async (t) => {
    const own = await openPool(t)
    own.on('connection', (connection) => void connection.query("SET sql_mode = ''"))
    const store = mysqlStore(own)
    const userId = 'é'.repeat(512)
    await assert.rejects(
      store.write(aRow('a', { userId: `${userId}x` })),
      hasCode('invalid_argument', /1024/),
    )
    assert.equal(await store.write(aRow('a', { userId })), true)
    assert.deepEqual(await store.list(userId), [aRow('a', { userId })])
  })

  test('prepares a handful of statements for reads of every number of keys', async (t) => {
    const own = await openPool(t)
    const execute = t.mock.method(own, 'execute')
    const store = mysqlStore(own)
    for (let count = 1; count <= 70; count++) {
      await Promise.all(Array.from({ length: count }, (_, index) => store.read(`key ${index}`)))
    }
    const texts = execute.mock.calls.map((call) => JSON.stringify(call.arguments[0]))
    assert.equal(new Set(texts.filter((text) => text.includes('IN ('))).size, 8)
  })

  test('runs a statement again that was the victim of a deadlock, a bounded number of times (T88)', async (t) => {
    const own = await openPool(t)
    await mysqlStore(own).migrate()
    let failures: number[] = []
    const execute = async (query: MysqlQuery, values: Value[]): Promise<[unknown, unknown]> => {
      const errno = query.sql.startsWith('INSERT') ? failures.shift() : undefined
      if (errno !== undefined) throw mysqlError(errno)
      return own.execute(query, values)
    }
    const store = mysqlStore({ execute, getConnection: () => own.getConnection() })
    failures = [1213, 1020, 1615]
    assert.equal(await store.write(aRow('a')), true)
    failures = [1205]
    await assert.rejects(store.write(aRow('b')), hasCode('store_unavailable', /MySQL failed: error 1205/))
    failures = Array.from({ length: 100 }, () => 1213)
    await assert.rejects(store.write(aRow('b')), hasCode('store_unavailable', /error 1213/))
    assert.equal(failures.length, 92)
  })

  test('waits for another process that migrates, and says so when that takes too long', async (t) => {
    const { url, drop } = await createDatabase('mysql')
    t.after(drop)
    const own = mysql.createPool(url)
    t.after(() => own.end())
    const holder = await own.getConnection()
    await holder.query("SELECT GET_LOCK('latchstring_schema', 60)")
    const impatient = {
      execute: own.execute.bind(own),
      getConnection: async () => {
        const connection = await own.getConnection()
        return {
          execute: (query: MysqlQuery, values: Value[]) =>
            connection.execute({ ...query, sql: query.sql.replace(', 60)', ', 0)') }, values),
          release: () => connection.release(),
          destroy: () => connection.destroy(),
        }
      },
    }
    await assert.rejects(mysqlStore(impatient).migrate(), hasCode('store_unavailable', /migrating .* 60 s/))
    const waiting = mysqlStore(own).write(aRow('a'))
    await holder.query("SELECT RELEASE_LOCK('latchstring_schema')")
    holder.release()
    assert.equal(await waiting, true)
  })

  test('takes up a migration that was broken off, as each of its statements is committed on its own', async (t) => {
    const { url, drop } = await createDatabase('mysql')
    t.after(drop)
    const own = mysql.createPool(url)
    t.after(() => own.end())
    await mysqlStore(own).migrate()
    await own.query('DELETE FROM latchstring_schema')
    assert.equal(await mysqlStore(own).write(aRow('a')), true)
  })

  test('takes an answer without a count for no change', async (t) => {
    const own = await openPool(t)
    const execute = async (query: MysqlQuery, values: Value[]): Promise<[unknown, unknown]> =>
      query.sql.startsWith('INSERT') ? [undefined, undefined] : own.execute(query, values)
    const store = mysqlStore({ execute, getConnection: () => own.getConnection() })
    assert.equal(await store.write(aRow('a')), false)
  })
})
