import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { suite, type TestContext, test } from 'node:test'
import mysql from 'mysql2/promise'
import pg from 'pg'
import type { Store } from '../../src/core/types.ts'
import { mysqlStore } from '../../src/stores/mysql.ts'
import { postgresStore } from '../../src/stores/postgres.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { Browser } from '../http/client.ts'
import { createDatabase, describeWith } from '../servers.ts'
import { type Application, assertUnknown, logIn, serve, timed } from './site.ts'

/** One database as two processes have it: one that may do everything, and one that something is wrong for. */
interface TwoSides {
  readonly healthy: Application
  readonly broken: Application
}

/** Whoever is logged in stays so, nobody else gets in, and no change is called done. */
async function assertHonest({ healthy, broken }: TwoSides, readable: boolean): Promise<void> {
  const anna = await logIn(healthy.origin)
  const atBroken = () => new Browser(broken.origin, anna.jar)
  for (let round = 0; round < 2; round++) {
    assertUnknown(await timed(() => new Browser(broken.origin).post('/login', { id: 'bert' })))
    assertUnknown(await timed(() => atBroken().post('/logout')))
    const read = await timed(() => atBroken().get('/protected'))
    if (!readable) assertUnknown(read)
    else assert.equal(read.reply.status, 200)
  }
  assert.equal((await anna.get('/protected')).status, 200)
  assert.equal((await healthy.sessions.list('ann')).length, 1)
  assert.deepEqual(await healthy.sessions.list('bert'), [])
}

const NAME =
  'is 503 for changes, and for reads if it cannot be read, and nothing is half done (F-01, F-02, T88)'

describeWith('postgres', 'PostgreSQL that', () => {
  async function start(t: TestContext, options: pg.PoolConfig): Promise<TwoSides & { pool: pg.Pool }> {
    const { url, drop } = await createDatabase('postgres')
    t.after(drop)
    const [all, some] = [
      new pg.Pool({ connectionString: url }),
      new pg.Pool({ connectionString: url, ...options }),
    ]
    t.after(() => Promise.all([all.end(), some.end()]))
    const healthy = await serve(t, postgresStore(all))
    await logIn(healthy.origin)
    await healthy.sessions.revokeAll('ann')
    return { healthy, broken: await serve(t, postgresStore(some)), pool: some }
  }

  const ILLS: Readonly<Record<string, { readonly options: string; readonly readable: boolean }>> = {
    'takes no changes': { options: '-c default_transaction_read_only=on', readable: true },
    'forbids its tables': { options: '-c role=pg_signal_backend', readable: false },
  }
  for (const [ill, { options, readable }] of Object.entries(ILLS)) {
    test(`${ill} ${NAME}`, async (t) => assertHonest(await start(t, { options }), readable))
  }

  test(`has no connection left ${NAME}`, async (t) => {
    const sides = await start(t, { max: 1, connectionTimeoutMillis: 500 })
    const taken = await sides.pool.connect()
    try {
      await assertHonest(sides, false)
    } finally {
      taken.release()
    }
    assert.equal((await new Browser(sides.broken.origin).post('/login')).status, 200)
  })
})

describeWith('mysql', 'MariaDB that', () => {
  test(`takes no changes ${NAME}`, async (t) => {
    const { url, drop } = await createDatabase('mysql')
    t.after(drop)
    const [all, some] = [mysql.createPool(url), mysql.createPool(url)]
    t.after(() => Promise.all([all.end(), some.end()]))
    const healthy = await serve(t, mysqlStore(all))
    await logIn(healthy.origin)
    await healthy.sessions.revokeAll('ann')
    some.pool.on('connection', (connection) => connection.query('SET SESSION TRANSACTION READ ONLY'))
    await assertHonest({ healthy, broken: await serve(t, mysqlStore(some)) }, true)
  })
})

suite('a SQLite file that', () => {
  function openFile(t: TestContext): { database: DatabaseSync; store: Store } {
    const folder = mkdtempSync(join(tmpdir(), 'latchstring-'))
    const database = new DatabaseSync(join(folder, 'app.db'))
    t.after(() => {
      database.close()
      rmSync(folder, { recursive: true })
    })
    database.exec('PRAGMA journal_mode = WAL')
    return { database, store: sqliteStore(database) }
  }

  test(`takes no changes ${NAME}`, async (t) => {
    const { database, store } = openFile(t)
    const path = String(database.location())
    const other = new DatabaseSync(path)
    t.after(() => other.close())
    const broken = await serve(t, sqliteStore(other))
    other.exec('PRAGMA query_only = ON')
    await assertHonest({ healthy: await serve(t, store), broken }, true)
  })

  test('is full refuses new sessions, keeps every one that it took, and goes on once there is room (F-02, T88, T90)', async (t) => {
    const { database, store } = openFile(t)
    const { origin, sessions } = await serve(t, store)
    const pages = (name: string) => Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0])
    database.exec(`PRAGMA max_page_count = ${pages('page_count') + 8}`)
    const taken: Browser[] = []
    for (;;) {
      const browser = new Browser(origin)
      const login = await timed(() => browser.post('/login', { id: `user ${taken.length}` }))
      if (login.reply.status !== 200) {
        assertUnknown(login)
        break
      }
      taken.push(browser)
      assert.ok(taken.length < 1_000)
    }
    assert.deepEqual(await sessions.list(`user ${taken.length}`), [])
    for (const browser of taken) assert.equal((await browser.get('/protected')).status, 200)
    database.exec('PRAGMA max_page_count = 100000')
    assert.equal((await new Browser(origin).post('/login')).status, 200)
    assert.equal((await taken[0]?.post('/logout'))?.status, 200)
    assert.deepEqual(database.prepare('PRAGMA integrity_check').all().map(Object.values), [['ok']])
  })
})
