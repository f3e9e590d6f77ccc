import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import pg from 'pg'
import { createDatabase, type Database, describeWith } from '../../test/servers.ts'
import { hasCode } from '../../test/sql-stores.ts'
import { testSqlUsers } from '../../test/sql-users.ts'
import { aNewUser, created, parallel, same, tally } from '../testing/users/case.ts'
import { type PostgresUsers, postgresUsers } from './postgres.ts'

describeWith('postgres', 'postgresUsers with pg', () => testSqlUsers('postgres', 'pg'))
describeWith('postgres', 'postgresUsers with postgres.js', () => testSqlUsers('postgres', 'postgres.js'))

describe('postgresUsers refuses', () => {
  test('what is neither a pool of pg nor the sql of postgres.js', () => {
    const wrong = [undefined, null, 'postgres://localhost', {}, () => {}, new pg.Client()]
    for (const pool of wrong) {
      assert.throws(
        () => Reflect.apply(postgresUsers, undefined, [pool]),
        hasCode('invalid_option', /^postgresUsers takes a Pool of pg or the sql of postgres\.js/),
      )
    }
  })
})

describeWith('postgres', 'postgresUsers in PostgreSQL', () => {
  let database: Database
  let pool: pg.Pool

  before(async () => {
    database = await createDatabase('postgres')
    pool = new pg.Pool({ connectionString: database.url })
    await postgresUsers(pool).migrate()
  })
  after(async () => {
    await pool.end()
    await database.drop()
  })

  const openPool = async (t: TestContext, options: pg.PoolConfig = {}): Promise<pg.Pool> => {
    await pool.query('DELETE FROM latchstring_users')
    const own = new pg.Pool({ connectionString: database.url, ...options })
    t.after(() => own.end())
    return own
  }
  const open = async (t: TestContext, options?: pg.PoolConfig): Promise<PostgresUsers> =>
    postgresUsers(await openPool(t, options))
  const values = async (query: string) => {
    const { rows } = await pool.query({ text: query, rowMode: 'array' })
    return rows.map((row) => row[0])
  }

  test('has an index on the key of the email and one on that of the username, both unique', async () => {
    const indexes = "SELECT indexdef FROM pg_indexes WHERE tablename = 'latchstring_users' ORDER BY indexname"
    const [email, id, username, ...others] = await values(indexes)
    assert.match(email, /^CREATE UNIQUE INDEX .*\(email_key\)$/)
    assert.match(id, /\(id\)$/)
    assert.match(username, /^CREATE UNIQUE INDEX .*\(username_key\)$/)
    assert.deepEqual(others, [])
  })

  test('keeps texts that one can look at', async (t) => {
    await created(await open(t), aNewUser('é@example.com', { passwordHash: '$argon2id$' }))
    assert.deepEqual(await values("SELECT email || ' ' || password_hash FROM latchstring_users"), [
      'é@example.com $argon2id$',
    ])
  })

  for (const level of ['repeatable read', 'serializable']) {
    test(`creates and swaps once where the default is ${level}`, { timeout: 60_000 }, async (t) => {
      const users = await open(t, {
        options: `-c default_transaction_isolation=${level.replace(' ', '\\ ')}`,
      })
      const outcomes = await parallel(20, () => users.create(aNewUser()))
      assert.deepEqual(tally(outcomes), { created: 1, 'taken email': 19 })
      const user = await users.findByEmail('ann@example.com')
      assert.ok(user)
      const swaps = await parallel(20, () => users.update(user.id, 1, { credentialVersion: 2 }))
      assert.deepEqual(tally(swaps), { updated: 1, changed: 19 })
    })
  }

  test('makes no error of an email that is taken, which the server would log with the address', async (t) => {
    const own = await openPool(t)
    const query = own.query.bind(own)
    let errors = 0
    t.mock.method(own, 'query', (config: pg.QueryConfig) =>
      query(config).catch((error: unknown) => {
        errors++
        throw error
      }),
    )
    const users = postgresUsers(own)
    const outcomes = await parallel(20, () => users.create(aNewUser()))
    assert.deepEqual(tally(outcomes), { created: 1, 'taken email': 19 })
    assert.equal(errors, 0)
  })

  test('reads numbers whatever types the application has pg make of them', async (t) => {
    const identity = (value: string) => value
    for (const parse of [identity, Number, BigInt]) {
      const types: pg.CustomTypesConfig = {
        getTypeParser: (id: number, format?: 'text' | 'binary') =>
          id === pg.types.builtins.INT8 ? parse : pg.types.getTypeParser(id, format),
      }
      const users = await open(t, { types })
      const user = await created(users, aNewUser('a', { createdAt: 8.64e15 }))
      assert.equal(typeof user.id, 'number')
      assert.deepEqual(await users.find(user.id), user)
    }
  })

  test('gives no id that a number cannot hold', async (t) => {
    const { url, drop } = await createDatabase('postgres')
    t.after(drop)
    const own = new pg.Pool({ connectionString: url })
    t.after(() => own.end())
    const users = postgresUsers(own)
    await users.migrate()
    await own.query(`ALTER TABLE latchstring_users ALTER id RESTART WITH ${Number.MAX_SAFE_INTEGER}`)
    const last = await created(users)
    assert.equal(last.id, Number.MAX_SAFE_INTEGER)
    assert.deepEqual(await users.find(last.id), last)
    await assert.rejects(
      users.create(aNewUser('b')),
      hasCode('store_unavailable', /maximum value of sequence/),
    )
    assert.equal(await users.findByEmail('b'), null)
  })

  test('refuses a database in another encoding', async (t) => {
    const name = new URL(database.url).pathname.slice(1)
    await pool.query(`CREATE DATABASE ${name}_latin1 ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`)
    const other = new pg.Pool({ connectionString: `${database.url}_latin1` })
    t.after(async () => {
      await other.end()
      await pool.query(`DROP DATABASE ${name}_latin1`)
    })
    await assert.rejects(
      postgresUsers(other).migrate(),
      hasCode(
        'invalid_option',
        /^postgresUsers needs a database with the encoding UTF8, this one has LATIN1/,
      ),
    )
  })

  test('migrates in a transaction: a failure leaves nothing behind', async (t) => {
    const { url, drop } = await createDatabase('postgres')
    t.after(drop)
    const own = new pg.Pool({ connectionString: url })
    t.after(() => own.end())
    await own.query('CREATE TABLE latchstring_users (theirs integer)')
    const users = postgresUsers(own)
    await assert.rejects(users.migrate(), hasCode('store_unavailable', /"latchstring_users" already exists/))
    const { rows } = await own.query("SELECT 1 FROM pg_tables WHERE tablename = 'latchstring_users_schema'")
    assert.deepEqual(rows, [])
    await own.query('DROP TABLE latchstring_users')
    await created(users)
  })

  test('needs no right to create tables, nor on any sequence, once they are there', async (t) => {
    const role = `${new URL(database.url).pathname.slice(1)}_app`
    await pool.query(`CREATE ROLE ${role} LOGIN; GRANT SELECT ON latchstring_users_schema TO ${role}`)
    await pool.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON latchstring_users TO ${role}`)
    t.after(() => pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`))
    const url = new URL(database.url)
    url.username = role
    const users = await open(t, { connectionString: url.href })
    const user = await created(users)
    assert.equal((await users.update(user.id, 1, { username: same('ann') })).kind, 'updated')
    assert.equal(await users.remove(user.id), true)
  })
})
