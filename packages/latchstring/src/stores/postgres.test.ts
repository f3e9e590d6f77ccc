import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import pg from 'pg'
import postgres from 'postgres'
import { createDatabase, type Database, describeWith } from '../../test/servers.ts'
import { aRow, hasCode, testSqlStore } from '../../test/sql-stores.ts'
import { type PostgresStore, postgresStore } from './postgres.ts'

describeWith('postgres', 'postgresStore with pg', () => testSqlStore('postgres', 'pg'))
describeWith('postgres', 'postgresStore with postgres.js', () => testSqlStore('postgres', 'postgres.js'))

describe('postgresStore refuses', () => {
  test('what is neither a pool of pg nor the sql of postgres.js', () => {
    const wrong = [undefined, null, 'postgres://localhost', {}, () => {}, new pg.Client()]
    for (const pool of wrong) {
      assert.throws(
        () => Reflect.apply(postgresStore, undefined, [pool]),
        hasCode('invalid_option', /takes a Pool of pg or the sql of postgres\.js/),
      )
    }
  })
})

/** Never called: only compiled. */
export function misuses(client: pg.Client): void {
  // @ts-expect-error a client is not a pool
  postgresStore(client)
  // @ts-expect-error nor is an address
  postgresStore('postgres://localhost')
}

describeWith('postgres', 'postgresStore in PostgreSQL', () => {
  let database: Database
  let pool: pg.Pool

  before(async () => {
    database = await createDatabase('postgres')
    pool = openPool()
    await postgresStore(pool).migrate()
  })
  after(async () => {
    await pool.end()
    await database.drop()
  })

  const openPool = (options: pg.PoolConfig = {}) =>
    new pg.Pool({ connectionString: database.url, ...options })
  const open = async (t: TestContext, options: pg.PoolConfig = {}): Promise<PostgresStore> => {
    await pool.query('TRUNCATE latchstring_sessions')
    const own = openPool(options)
    t.after(() => own.end())
    return postgresStore(own)
  }
  const values = async (query: string) => {
    const { rows } = await pool.query({ text: query, rowMode: 'array' })
    return rows.map((row) => row[0])
  }

  test('finds a user by an index and has none on the expiry', async (t) => {
    await open(t)
    const indexes =
      "SELECT indexdef FROM pg_indexes WHERE tablename = 'latchstring_sessions' ORDER BY indexname"
    const [primary, user, ...others] = await values(indexes)
    assert.match(primary, /\(key\)$/)
    assert.match(user, /\(user_id\) WHERE \(user_id IS NOT NULL\)$/)
    assert.deepEqual(others, [])
  })

  test('updates a row within its page, which leaves the indexes alone', async () => {
    await pool.query('TRUNCATE latchstring_sessions')
    await pool.query("SELECT pg_stat_reset_single_table_counters('latchstring_sessions'::regclass)")
    const own = openPool()
    const store = postgresStore(own)
    const rows = Array.from({ length: 500 }, (_, index) => aRow(`key ${index}`, { payload: 'x'.repeat(300) }))
    await Promise.all(rows.map((row) => store.write(row)))
    for (const row of rows.slice(0, 100)) await store.write({ ...row, version: 2, expiresAt: 2_000 })
    // Connections hand in their numbers when they close.
    await own.end()
    const updates = "SELECT n_tup_upd || ' of which ' || n_tup_hot_upd FROM pg_stat_user_tables"
    const counted = () => values(`${updates} WHERE relname = 'latchstring_sessions'`)
    for (let tries = 0; tries < 100 && !/^100 /.test((await counted())[0]); tries++) await sleep(20)
    assert.deepEqual(await counted(), ['100 of which 100'])
  })

  test('keeps a payload that one can look at', async (t) => {
    const store = await open(t)
    await store.write(aRow('a', { payload: '{"cart":["é"]}' }))
    assert.deepEqual(await values('SELECT payload FROM latchstring_sessions'), ['{"cart":["é"]}'])
    assert.deepEqual(await values("SELECT version FROM latchstring_sessions WHERE user_id = 'user'"), ['1'])
  })

  test('refuses a payload with NUL, and says so', async (t) => {
    const store = await open(t)
    await assert.rejects(
      store.write(aRow('a', { payload: '\0' })),
      hasCode('invalid_argument', /without NUL/),
    )
  })

  for (const level of ['repeatable read', 'serializable']) {
    test(`compares and swaps where the default is ${level} (T88)`, { timeout: 60_000 }, async (t) => {
      const store = await open(t, {
        options: `-c default_transaction_isolation=${level.replace(' ', '\\ ')}`,
      })
      await store.write(aRow('a'))
      const told = await Promise.all(
        Array.from({ length: 20 }, (_, index) => store.write(aRow('a', { version: 2, payload: `${index}` }))),
      )
      assert.equal(told.filter(Boolean).length, 1)
      const created = await Promise.all(Array.from({ length: 20 }, () => store.write(aRow('b'))))
      assert.equal(created.filter(Boolean).length, 1)
    })
  }

  test('reads numbers whatever types the application has pg make of them', async (t) => {
    const identity = (value: string) => value
    for (const parse of [identity, Number, BigInt]) {
      const types: pg.CustomTypesConfig = {
        getTypeParser: (id: number, format?: 'text' | 'binary') =>
          id === pg.types.builtins.INT8 ? parse : pg.types.getTypeParser(id, format),
      }
      const store = await open(t, { types })
      await store.write(aRow('a', { expiresAt: 8.64e15 }))
      assert.deepEqual(await store.read('a'), aRow('a', { expiresAt: 8.64e15 }))
    }
  })

  test('reads rows however postgres.js is told to spell columns', async (t) => {
    const sql = postgres(database.url, { transform: postgres.camel })
    t.after(() => sql.end())
    await pool.query('TRUNCATE latchstring_sessions')
    const store = postgresStore(sql)
    await store.write(aRow('a'))
    assert.deepEqual(await store.read('a'), aRow('a'))
  })

  test('refuses a database in another encoding', async (t) => {
    const name = new URL(database.url).pathname.slice(1)
    await pool.query(`CREATE DATABASE ${name}_latin1 ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`)
    const other = openPool({ connectionString: `${database.url}_latin1` })
    t.after(async () => {
      await other.end()
      await pool.query(`DROP DATABASE ${name}_latin1`)
    })
    await assert.rejects(
      postgresStore(other).migrate(),
      hasCode('invalid_option', /encoding UTF8, this one has LATIN1/),
    )
  })

  test('outlives connections that break while idle, and leaves the listener of the application alone', async (t) => {
    const own = openPool()
    const errors: Error[] = []
    own.on('error', (error) => errors.push(error))
    t.after(() => own.end())
    const silent = openPool()
    t.after(() => silent.end())
    for (const store of [postgresStore(own), postgresStore(silent)]) await store.read('a')
    assert.deepEqual([own.listenerCount('error'), silent.listenerCount('error')], [1, 1])
    const kill = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()'
    await pool.query(`${kill} AND datname = current_database() AND state = 'idle'`)
    while (errors.length === 0 || silent.totalCount > 0) await sleep(5)
    assert.equal(await postgresStore(silent).read('absent'), null)
  })

  test('migrates in a transaction: a failure or a broken connection leaves nothing behind', async (t) => {
    const { url, drop } = await createDatabase('postgres')
    t.after(drop)
    const own = openPool({ connectionString: url })
    t.after(() => own.end())
    await own.query('CREATE TABLE latchstring_sessions (theirs integer)')
    const store = postgresStore(own)
    await assert.rejects(
      store.migrate(),
      hasCode('store_unavailable', /"latchstring_sessions" already exists/),
    )
    const { rows } = await own.query("SELECT 1 FROM pg_tables WHERE tablename = 'latchstring_schema'")
    assert.deepEqual(rows, [])
    await own.query('DROP TABLE latchstring_sessions')
    const holder = await own.connect()
    await holder.query("SELECT pg_advisory_lock(hashtextextended('latchstring_schema', 0))")
    const waiting = assert.rejects(store.migrate(), hasCode('store_unavailable', /terminat/))
    const kill = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()'
    while ((await holder.query(`${kill} AND wait_event = 'advisory'`)).rowCount === 0) await sleep(5)
    await waiting
    holder.release(true)
    assert.equal(await store.write(aRow('a')), true)
  })

  test('looks at its tables on another connection when the first one has been silent for 5 s', {
    timeout: 60_000,
  }, async (t) => {
    const own = openPool()
    t.after(() => own.end())
    const { promise: silence } = Promise.withResolvers<never>()
    let asked = 0
    const isSilent = () => ++asked === 1
    const store = postgresStore({
      query: (query) => (isSilent() ? silence : own.query(query)),
      connect: () => own.connect(),
      on: () => {},
      listenerCount: () => 1,
    })
    t.mock.timers.enable({ apis: ['setTimeout'] })
    void store.read('a')
    await turn()
    t.mock.timers.tick(4_999)
    void store.read('a')
    await turn()
    assert.equal(asked, 1)
    t.mock.timers.tick(1)
    t.mock.timers.reset()
    assert.equal(await store.read('absent'), null)
  })

  test('needs no right to create tables once they are there', async (t) => {
    const role = `${new URL(database.url).pathname.slice(1)}_app`
    await pool.query(`CREATE ROLE ${role} LOGIN; GRANT SELECT ON latchstring_schema TO ${role}`)
    await pool.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON latchstring_sessions TO ${role}`)
    t.after(() => pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`))
    const url = new URL(database.url)
    url.username = role
    const store = await open(t, { connectionString: url.href })
    assert.equal(await store.write(aRow('a')), true)
    assert.equal(await store.purge(1_000), 1)
  })
})
