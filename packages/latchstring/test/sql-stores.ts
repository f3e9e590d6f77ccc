import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import mysql from 'mysql2/promise'
import pg from 'pg'
import postgres from 'postgres'
import { LatchstringError } from '../src/core/errors.ts'
import type { Row } from '../src/core/types.ts'
import { mysqlStore } from '../src/stores/mysql.ts'
import { postgresStore } from '../src/stores/postgres.ts'
import type { SqlStore } from '../src/stores/sql.ts'
import { testStore } from '../src/testing/storeContract.ts'
import { createDatabase, type Database } from './servers.ts'

/** A store on a real server, and what a test wants beside it. */
export interface OpenStore {
  readonly store: SqlStore
  /** Runs a statement around the store. */
  query(text: string): Promise<unknown>
  /** How many statements the store has sent so far. */
  sent(): number
  close(): Promise<void>
}

export function openSqlStore(driver: string, url: string): OpenStore {
  if (driver === 'pg') return openPg(url)
  if (driver === 'postgres.js') return openPostgresJs(url)
  return openMysql(url)
}

/** Calls of the method `name` of `target` are counted, and everything else is as it was. */
export function counting<T extends object>(
  target: T,
  name: keyof T,
): { readonly counted: T; sent(): number } {
  let count = 0
  const get = (_: T, property: string | symbol) => {
    const value = Reflect.get(target, property)
    if (typeof value !== 'function') return value
    return (...values: unknown[]) => {
      if (property === name) count++
      return Reflect.apply(value, target, values)
    }
  }
  return { counted: new Proxy(target, { get }), sent: () => count }
}

function openPg(connectionString: string): OpenStore {
  const pool = new pg.Pool({ connectionString })
  const { counted, sent } = counting(pool, 'query')
  return {
    store: postgresStore(counted),
    query: (text) => pool.query(text),
    sent,
    close: () => pool.end(),
  }
}

function openPostgresJs(url: string): OpenStore {
  const sql = postgres(url, { onnotice: (notice) => assert.fail(JSON.stringify(notice)) })
  const { counted, sent } = counting(sql, 'unsafe')
  return {
    store: postgresStore(counted),
    query: (text) => sql.unsafe(text),
    sent,
    close: () => sql.end({ timeout: 1 }),
  }
}

function openMysql(url: string): OpenStore {
  const pool = mysql.createPool(url)
  const { counted, sent } = counting(pool, 'execute')
  return { store: mysqlStore(counted), query: (text) => pool.query(text), sent, close: () => pool.end() }
}

/** Lets a test take the server away from those who reach it through `url`. */
export interface Cable {
  readonly url: string
  cut(): Promise<void>
  mend(): Promise<void>
}

export async function cableTo(t: TestContext, target: string): Promise<Cable> {
  const url = new URL(target)
  const { hostname, port } = url
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('error', () => {})
      from.on('close', () => to.destroy())
      from.pipe(to)
    }
  })
  await listen(server, 0)
  url.port = String(portOf(server))
  const cut = async () => {
    if (!server.listening) return
    server.close()
    for (const socket of sockets) socket.destroy()
    sockets.clear()
    await once(server, 'close')
  }
  t.after(cut)
  return { url: url.href, cut, mend: () => listen(server, Number(url.port)) }
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}

function portOf(server: Server): number {
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return address.port
}

export function aRow(key: string, changes: Partial<Row> = {}): Row {
  return { key, userId: 'user', version: 1, expiresAt: 1_000, payload: '{}', ...changes }
}

export function hasCode(code: string, message: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof LatchstringError)
    assert.equal(error.code, code)
    assert.match(error.message, message)
    return true
  }
}

const WORKER = join(import.meta.dirname, 'sql-worker.ts')

/** Starts processes that all begin their work at once. Rejects if one of them fails. */
async function workTogether(t: TestContext, count: number, ...args: string[]): Promise<void> {
  const workers = Array.from({ length: count }, () => fork(WORKER, args, { stdio: 'inherit', execArgv: [] }))
  t.after(() => {
    for (const worker of workers) worker.kill('SIGKILL')
  })
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  const exits = Promise.all(workers.map(exitCodeOf))
  for (const worker of workers) worker.send('go')
  assert.deepEqual(
    await exits,
    workers.map(() => 0),
  )
}

async function exitCodeOf(worker: ChildProcess): Promise<unknown> {
  const [code] = await once(worker, 'exit')
  return code
}

type DatabaseKind = Parameters<typeof createDatabase>[0]

/** Stands for the table, with another column in the place of the one of that name. */
function viewWith(kind: DatabaseKind, column: string): string {
  const name = column.split(' ').at(-1)
  const key = kind === 'mysql' ? '`key`' : 'key'
  const others = [key, 'user_id', 'version', 'expires_at', 'payload'].filter((other) => other !== name)
  return `CREATE VIEW latchstring_sessions AS SELECT ${[...others, column].join()} FROM elsewhere`
}

/** What every store on a SQL server keeps, whatever its dialect and driver. */
export function testSqlStore(kind: DatabaseKind, driver: string): void {
  let database: Database
  let shared: OpenStore

  before(async () => {
    database = await createDatabase(kind)
    shared = openSqlStore(driver, database.url)
    await shared.store.migrate()
  })
  after(async () => {
    await shared.close()
    await database.drop()
  })

  const empty = async () => {
    await shared.query('DELETE FROM latchstring_sessions')
    return shared.store
  }
  testStore(empty, { name: 'keeps the store contract' })

  const open = (t: TestContext, url = database.url): OpenStore => {
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
      const { store } = open(t, url)
      const answers = await Promise.all([store.read('a'), store.write(aRow('b')), store.list('user')])
      assert.deepEqual(answers.slice(0, 2), [null, true])
      const other = open(t, url)
      await other.store.migrate()
      const before = other.sent()
      await other.store.migrate()
      assert.deepEqual(await other.store.read('b'), aRow('b'))
      assert.equal(other.sent() - before, 1, 'the read and nothing else')
    })

    test('once, when four processes start at once', { timeout: 60_000 }, async (t) => {
      const url = await newDatabase(t)
      await workTogether(t, 4, 'migrate', driver, url)
      const { store, query } = open(t, url)
      assert.equal(await store.write(aRow('a')), true)
      assert.match(
        JSON.stringify(await query('SELECT version FROM latchstring_schema')),
        /^[^}]*"version":1}[^}]*/,
      )
    })

    test('without the right to create tables, when there is nothing to do', async (t) => {
      const { store, sent } = open(t)
      await store.migrate()
      assert.equal(sent(), 3, 'it has looked at the connection, for the table and for the version')
    })

    test('not a schema of the future, and leaves it alone', async (t) => {
      const url = await newDatabase(t)
      const old = open(t, url)
      await old.store.migrate()
      await old.query('INSERT INTO latchstring_schema (version) VALUES (7)')
      const tooNew = hasCode('store_schema', /version 7 .*up to 1\. A newer release.*run that release/)
      const { store, query } = open(t, url)
      await assert.rejects(store.migrate(), tooNew)
      await assert.rejects(async () => store.read('a'), tooNew)
      await assert.rejects(store.write(aRow('a')), tooNew)
      await query('DELETE FROM latchstring_schema WHERE version = 7')
      assert.equal(
        await store.write(aRow('a')),
        true,
        'tries again, as another process may have put it right',
      )
    })

    test('again after a failure', async (t) => {
      const cable = await cableTo(t, await newDatabase(t))
      await cable.cut()
      const { store } = open(t, cable.url)
      await assert.rejects(store.migrate(), hasCode('store_unavailable', /failed: .*ECONNREFUSED/))
      await cable.mend()
      assert.equal(await store.write(aRow('a')), true)
    })
  })

  void describe('reads', () => {
    test('that begin in one turn in one statement', async (t) => {
      const { store, sent } = open(t)
      await empty()
      const rows = Array.from({ length: 20 }, (_, index) => aRow(`key ${index}`, { payload: `${index}` }))
      for (const row of rows) await store.write(row)
      const before = sent()
      const read = await Promise.all(Array.from({ length: 32 }, (_, index) => store.read(`key ${index}`)))
      assert.equal(sent() - before, 1)
      assert.deepEqual(read, [...rows, ...Array.from({ length: 12 }, () => null)])
    })

    test('alone in one statement', async (t) => {
      const { store, sent } = open(t)
      await store.migrate()
      const before = sent()
      assert.equal(await store.read('absent'), null)
      assert.equal(sent() - before, 1)
    })

    test('1,000 keys at once, in statements of bounded size', async (t) => {
      const { store, sent } = open(t)
      await empty()
      await store.write(aRow('key 999'))
      const before = sent()
      const read = await Promise.all(Array.from({ length: 1_000 }, (_, index) => store.read(`key ${index}`)))
      assert.equal(sent() - before, 4)
      assert.deepEqual(read.at(-1), aRow('key 999'))
      assert.equal(read.filter((row) => row === null).length, 999)
    })

    test('are all rejected when their statement fails', async (t) => {
      const url = await newDatabase(t)
      const { store, query } = open(t, url)
      await store.migrate()
      await query('ALTER TABLE latchstring_sessions RENAME TO elsewhere')
      const told = await Promise.allSettled(['a', 'b', 'c'].map((key) => store.read(key)))
      for (const outcome of told) {
        assert.equal(outcome.status, 'rejected')
        hasCode('store_unavailable', /failed: .*latchstring_sessions/)(outcome.reason)
      }
      await query('ALTER TABLE elsewhere RENAME TO latchstring_sessions')
      assert.equal(await store.read('a'), null)
    })

    test('nothing for a text that the database cannot hold, and asks nobody', async (t) => {
      const { store, sent } = open(t)
      await store.migrate()
      const before = sent()
      for (const id of ['\uD800', 'x'.repeat(1_025), 'é'.repeat(513)]) {
        assert.equal(await store.read(id), null)
        assert.deepEqual(await store.list(id), [])
        assert.equal(await store.remove([id]), 0)
      }
      assert.equal(sent(), before)
    })
  })

  void describe('refuses', () => {
    test('ids that are too long, which some servers would cut', async (t) => {
      const { store } = open(t)
      await empty()
      const tooLong = hasCode('invalid_argument', /at most 1024 bytes/)
      await assert.rejects(store.write(aRow('x'.repeat(1_025))), tooLong)
      await assert.rejects(store.write(aRow('a', { userId: 'é'.repeat(513) })), tooLong)
      const longest = aRow('x'.repeat(1_024), { userId: 'é'.repeat(512) })
      assert.equal(await store.write(longest), true)
      assert.deepEqual(await store.list(longest.userId ?? ''), [longest])
    })

    test('ill-formed text and numbers that are not whole', async (t) => {
      const { store } = open(t)
      const wrong: Partial<Row>[] = [
        { userId: '\uD800' },
        { payload: '\uD800' },
        { version: 1.5 },
        { expiresAt: NaN },
      ]
      for (const changes of wrong) {
        await assert.rejects(store.write(aRow('a', changes)), hasCode('invalid_argument', /must be/))
      }
    })
  })

  test('says that a row is garbage when somebody changed the table', async (t) => {
    const url = await newDatabase(t)
    const { store, query } = open(t, url)
    await store.write(aRow('a', { userId: null }))
    await query('ALTER TABLE latchstring_sessions RENAME TO elsewhere')
    for (const garbage of ['1.5 AS version', '1.5 AS expires_at', '5 AS user_id', 'NULL AS payload']) {
      await query(viewWith(kind, garbage))
      // A connection of its own: PostgreSQL notices when the types of a prepared statement change.
      const { store } = open(t, url)
      await assert.rejects(async () => store.read('a'), hasCode('store_unavailable', /did not write/))
      await query('DROP VIEW latchstring_sessions')
    }
  })

  test('rejects while the server is gone, and works when it is back', { timeout: 60_000 }, async (t) => {
    const cable = await cableTo(t, database.url)
    const { store } = open(t, cable.url)
    await empty()
    await store.write(aRow('a'))
    await cable.cut()
    const gone = (error: unknown) => hasCode('store_unavailable', /failed: ./)(error)
    await Promise.all([
      assert.rejects(async () => store.read('a'), gone),
      assert.rejects(async () => store.read('b'), gone),
      assert.rejects(store.write(aRow('b')), gone),
      assert.rejects(store.remove(['a']), gone),
      assert.rejects(store.list('user'), gone),
      assert.rejects(store.purge(1_000), gone),
    ])
    await cable.mend()
    assert.deepEqual(await store.read('a'), aRow('a'))
    assert.equal(await store.write(aRow('a', { version: 2 })), true)
  })

  test('loses no increment of three processes with 200 each (F-09)', { timeout: 60_000 }, async (t) => {
    const store = await empty()
    await store.write(aRow('counter', { payload: '0' }))
    await workTogether(t, 3, 'increment', driver, database.url, '200')
    const row = await store.read('counter')
    assert.equal(row?.payload, '600')
    assert.equal(row.version, 601)
  })

  test('removes rows and purges the same ones at once without a deadlock', { timeout: 60_000 }, async (t) => {
    const { store } = open(t)
    await empty()
    const keys = Array.from({ length: 600 }, (_, index) => `key ${index}`)
    await Promise.all(keys.map((key) => store.write(aRow(key))))
    const began = performance.now()
    const told = await Promise.all([
      store.remove(keys),
      store.purge(1_000),
      store.remove(keys.toReversed()),
      store.purge(1_000),
    ])
    assert.equal(
      told.reduce((sum, count) => sum + count, 0),
      600,
    )
    assert.ok(performance.now() - began < 5_000)
  })

  test('purges 3,500 rows and says so', async (t) => {
    const { store } = open(t)
    await empty()
    const keys = Array.from({ length: 3_500 }, (_, index) => `key ${index}`)
    await Promise.all(keys.map((key) => store.write(aRow(key, { expiresAt: 999 }))))
    await store.write(aRow('', { expiresAt: 1_000 }))
    await store.write(aRow('stays', { expiresAt: 1_001 }))
    assert.equal(await store.purge(1_000), 3_501)
    assert.deepEqual(await store.list('user'), [aRow('stays', { expiresAt: 1_001 })])
  })
}
