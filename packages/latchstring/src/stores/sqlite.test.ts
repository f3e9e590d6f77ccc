import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync, StatementSync } from 'node:sqlite'
import { after, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { LatchstringError } from '../core/errors.ts'
import type { Row } from '../core/types.ts'
import { testStore } from '../testing/storeContract.ts'
import { type SqliteStore, sqliteStore } from './sqlite.ts'

const WORKER = join(import.meta.dirname, '../../test/sqlite-worker.ts')

testStore((t) => openStore(t, ':memory:'), { name: 'sqliteStore in memory keeps the store contract' })
testStore((t) => openStore(t, join(folder(), 'app.db')), {
  name: 'sqliteStore in a file keeps the store contract',
})
testStore((t) => sqliteStore(openDatabase(t, join(folder(), 'app.db'), { timeout: 0 })), {
  name: 'sqliteStore on a database handed in, with a rollback journal, keeps the store contract',
})

const BASE = mkdtempSync(join(tmpdir(), 'latchstring-sqlite-'))
// After all tests: Windows removes no file that is still open.
after(() => rmSync(BASE, { recursive: true, force: true }))

/** An empty folder. */
function folder(): string {
  return mkdtempSync(join(BASE, 'test-'))
}

function openStore(t: TestContext, path: string): SqliteStore {
  const store = sqliteStore(path)
  t.after(() => store.close())
  return store
}

function openDatabase(t: TestContext, path: string, options: { timeout?: number } = {}): DatabaseSync {
  const database = new DatabaseSync(path, options)
  t.after(() => {
    if (database.isOpen) database.close()
  })
  return database
}

function work(t: TestContext, ...args: string[]): ChildProcess {
  const child = fork(WORKER, args, { stdio: 'inherit', execArgv: [] })
  t.after(() => child.kill('SIGKILL'))
  return child
}

function aRow(key: string, changes: Partial<Row> = {}): Row {
  return { key, userId: 'user', version: 1, expiresAt: 1_000, payload: '{}', ...changes }
}

function hasCode(code: string, message: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof LatchstringError)
    assert.equal(error.code, code)
    assert.match(error.message, message)
    return true
  }
}

/** The first column of each row. */
function column(database: DatabaseSync, sql: string): unknown[] {
  const rows = database.prepare(sql).all()
  return rows.map((row) => Object.values(row)[0])
}

describe('sqliteStore with a path', () => {
  test('creates missing folders, for the owner only', (t) => {
    const base = folder()
    openStore(t, join(base, 'deep/er/app.db'))
    assert.ok(existsSync(join(base, 'deep/er/app.db')))
    if (process.platform !== 'win32') assert.equal(statSync(join(base, 'deep')).mode & 0o777, 0o700)
  })

  test('takes a file: address, for which it creates no folder', async (t) => {
    const base = folder()
    const store = openStore(t, `file:${join(base, 'app.db')}`)
    assert.equal(await store.write(aRow('a')), true)
    assert.ok(existsSync(join(base, 'app.db')))
    assert.ok(!existsSync('file:'))
  })

  test('writes ahead in a log', (t) => {
    const path = join(folder(), 'app.db')
    openStore(t, path)
    assert.deepEqual(column(openDatabase(t, path), 'PRAGMA journal_mode'), ['wal'])
  })

  test('has each commit flushed to the disk, as the end of a session must outlive a power cut', (t) => {
    const exec = t.mock.method(DatabaseSync.prototype, 'exec')
    openStore(t, ':memory:')
    const statements = exec.mock.calls.map((call) => String(call.arguments[0]))
    assert.ok(statements.some((statement) => statement.includes('PRAGMA synchronous = FULL')))
  })

  test('keeps sessions over a restart', async (t) => {
    const path = join(folder(), 'app.db')
    const first = sqliteStore(path)
    await first.write(aRow('a'))
    await first.write(aRow('a', { version: 2 }))
    first.close()
    assert.deepEqual(await openStore(t, path).read('a'), aRow('a', { version: 2 }))
  })

  test('says which file cannot be opened, and why', () => {
    const base = folder()
    writeFileSync(
      join(base, 'file'),
      'not a database, but some text that is long enough to be taken for a header of one',
    )
    const inFile = join(base, 'file/app.db')
    assert.throws(() => sqliteStore(inFile), hasCode('store_unavailable', /cannot open ".*app\.db".*folder/))
    assert.throws(() => sqliteStore(base), hasCode('store_unavailable', /cannot open/))
    assert.throws(() => sqliteStore(join(base, 'file')), hasCode('store_unavailable', /not a database/))
  })

  test('close ends the store, may be called twice, and later calls are rejected', async (t) => {
    const store = openStore(t, join(folder(), 'app.db'))
    await store.write(aRow('a'))
    store.close()
    store.close()
    const closed = hasCode('store_unavailable', /closed/)
    await assert.rejects(async () => store.read('a'), closed)
    await assert.rejects(store.write(aRow('b')), closed)
    await assert.rejects(store.remove(['a']), closed)
    await assert.rejects(store.list('user'), closed)
    await assert.rejects(store.purge(0), closed)
  })

  test('a write that was not acknowledged when the store is closed is rejected', async (t) => {
    const store = openStore(t, ':memory:')
    const written = store.write(aRow('a'))
    store.close()
    await assert.rejects(written, hasCode('store_unavailable', /closed/))
  })
})

describe('sqliteStore with a database', () => {
  test('leaves it open, and its settings alone', async (t) => {
    const database = openDatabase(t, join(folder(), 'app.db'), { timeout: 77 })
    const store = sqliteStore(database)
    await store.write(aRow('a'))
    store.close()
    assert.equal(database.isOpen, true)
    assert.deepEqual(column(database, 'PRAGMA journal_mode'), ['delete'])
    assert.deepEqual(column(database, 'PRAGMA busy_timeout'), [77])
    assert.deepEqual(await store.read('a'), aRow('a'))
  })

  test('reads rows whatever the defaults of its statements are', async (t) => {
    const database = new DatabaseSync(':memory:', { returnArrays: true, readBigInts: true })
    t.after(() => database.close())
    const store = sqliteStore(database)
    await store.write(aRow('a'))
    assert.deepEqual(await store.list('user'), [aRow('a')])
    assert.equal(await store.purge(1_000), 1)
  })

  test('waits for a transaction that the application left open, and is not rolled back with it', async (t) => {
    const database = openDatabase(t, ':memory:')
    const store = sqliteStore(database)
    database.exec('BEGIN; CREATE TABLE theirs (id INTEGER)')
    const written = store.write(aRow('a'))
    const read = store.read('b')
    await sleep(50)
    database.exec('ROLLBACK')
    assert.equal(await written, true)
    assert.equal(await read, null)
    assert.deepEqual(await store.read('a'), aRow('a'))
  })

  test('finds a user by an index and has none on the expiry', (t) => {
    const database = openDatabase(t, ':memory:')
    sqliteStore(database)
    const plan = database.prepare('EXPLAIN QUERY PLAN SELECT * FROM latchstring_sessions WHERE user_id = ?')
    assert.match(JSON.stringify(plan.all('user')), /USING INDEX latchstring_sessions_user/)
    const indexes = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    assert.deepEqual(column(database, indexes), ['latchstring_sessions_user'])
  })

  test('says that a row is garbage when somebody changed the table', async (t) => {
    const database = openDatabase(t, ':memory:')
    const store = sqliteStore(database)
    database.exec('DROP TABLE latchstring_sessions')
    database.exec('CREATE TABLE latchstring_sessions (key, user_id, version, expires_at, payload)')
    const insert = database.prepare('INSERT INTO latchstring_sessions VALUES (?, ?, ?, ?, ?)')
    const garbage = [
      ['payload', 'user', 1, 1, 5],
      ['version', 'user', 'one', 1, ''],
      ['expiry', 'user', 1, null, ''],
      ['user', 5, 1, 1, ''],
    ]
    for (const values of garbage) {
      insert.run(...values)
      await assert.rejects(
        async () => store.read(String(values[0])),
        hasCode('store_unavailable', /did not write/),
      )
    }
  })

  test('a failure of SQLite rejects and undoes the whole transaction', async (t) => {
    const database = openDatabase(t, ':memory:')
    const store = sqliteStore(database)
    database.exec(`CREATE TRIGGER broken BEFORE INSERT ON latchstring_sessions WHEN NEW.key = 'bad'
      BEGIN SELECT raise(ABORT, 'broken disk'); END`)
    const told = await Promise.allSettled([store.write(aRow('good')), store.write(aRow('bad'))])
    assert.deepEqual(
      told.map((outcome) => outcome.status),
      ['rejected', 'rejected'],
    )
    assert.equal(await store.read('good'), null)
    assert.equal(await store.write(aRow('good')), true)
    await assert.rejects(store.write(aRow('bad')), hasCode('store_unavailable', /SQLite failed: broken disk/))
  })

  test('a failure after which SQLite has rolled back by itself rejects too', async (t) => {
    const database = openDatabase(t, ':memory:')
    const store = sqliteStore(database)
    database.exec(`CREATE TRIGGER broken BEFORE INSERT ON latchstring_sessions
      BEGIN SELECT raise(ROLLBACK, 'disk full'); END`)
    await assert.rejects(store.write(aRow('a')), hasCode('store_unavailable', /disk full/))
    assert.equal(database.isTransaction, false)
  })
})

describe('sqliteStore refuses', () => {
  test('what is neither a path nor an open database', (t) => {
    const closed = openDatabase(t, ':memory:')
    closed.close()
    const busy = openDatabase(t, ':memory:')
    busy.exec('BEGIN')
    for (const wrong of [undefined, null, 5, {}, { path: 'app.db' }, '', closed, busy]) {
      assert.throws(
        () => Reflect.apply(sqliteStore, undefined, [wrong]),
        hasCode('invalid_option', /^sqliteStore takes/),
      )
    }
  })

  test('a row that SQLite would change, without harm to the rows written beside it', async (t) => {
    const store = openStore(t, ':memory:')
    const beside = store.write(aRow('beside'))
    const wrong: Partial<Row>[] = [
      { version: 1.5 },
      { expiresAt: Number.POSITIVE_INFINITY },
      { key: '\uD800' },
      { userId: '\uD800' },
      { payload: '\uD800' },
    ]
    for (const changes of wrong) {
      await assert.rejects(store.write(aRow('a', changes)), hasCode('invalid_argument', /must be/))
    }
    assert.equal(await beside, true)
    assert.deepEqual(await store.list('user'), [aRow('beside')])
  })

  test('NUL characters on a release of Node that cuts text there, as a user id that is cut is another one', async (t) => {
    const get = StatementSync.prototype.get
    const cut = (value: unknown) => (typeof value === 'string' ? value.split('\0')[0] : value)
    const cutting = t.mock.method(
      StatementSync.prototype,
      'get',
      function (this: StatementSync, ...values: unknown[]) {
        return Reflect.apply(get, this, values.map(cut))
      },
    )
    const store = openStore(t, ':memory:')
    cutting.mock.restore()
    for (const changes of [{ key: 'a\0' }, { userId: 'admin\0x' }, { payload: '\0' }]) {
      await assert.rejects(store.write(aRow('a', changes)), hasCode('invalid_argument', /NUL/))
    }
    assert.equal(await store.write(aRow('a', { userId: null })), true)
  })

  test('a schema of the future, and leaves it alone', (t) => {
    const path = join(folder(), 'app.db')
    sqliteStore(path).close()
    const database = openDatabase(t, path)
    database.exec('UPDATE latchstring_schema SET version = 7')
    const tooNew = hasCode('store_schema', /version 7 .*up to 1\. A newer release.*run that release/)
    assert.throws(() => sqliteStore(path), tooNew)
    assert.throws(() => sqliteStore(database), tooNew)
    assert.equal(database.isTransaction, false)
    assert.deepEqual(column(database, 'SELECT version FROM latchstring_schema'), [7])
  })
})

describe('sqliteStore purges', () => {
  test('in batches between which the event loop turns', async (t) => {
    const store = openStore(t, ':memory:')
    await Promise.all(Array.from({ length: 3_500 }, (_, index) => store.write(aRow(`key ${index}`))))
    let turns = 0
    const count = () => {
      turns++
      turning = setImmediate(count)
    }
    let turning = setImmediate(count)
    assert.equal(await store.purge(1_000), 3_500)
    clearImmediate(turning)
    assert.ok(turns >= 4, `${turns} turns`)
  })
})

describe('sqliteStore while the file is locked', () => {
  test('waits without blocking the event loop, then writes', async (t) => {
    const path = join(folder(), 'app.db')
    const store = openStore(t, path)
    const other = openDatabase(t, path)
    other.exec('BEGIN IMMEDIATE')
    const written = Promise.all([store.write(aRow('a')), store.write(aRow('b'))])
    let longest = 0
    for (let end = performance.now() + 300, last = performance.now(); last < end; ) {
      await sleep(1)
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }
    assert.equal(await store.read('a'), null, 'readers do not wait for writers')
    other.exec('COMMIT')
    assert.deepEqual(await written, [true, true])
    assert.ok(longest < 150, `the event loop stood still for ${longest} ms`)
  })

  test('waits for readers too, where a commit needs them gone', async (t) => {
    const path = join(folder(), 'app.db')
    const store = sqliteStore(openDatabase(t, path, { timeout: 0 }))
    const reader = openDatabase(t, path)
    reader.exec('BEGIN; SELECT * FROM latchstring_sessions')
    const written = store.write(aRow('a'))
    await sleep(50)
    reader.exec('COMMIT')
    assert.equal(await written, true)
    assert.deepEqual(await store.read('a'), aRow('a'))
  })

  test('gives up after about a second, says why, and works again afterwards', async (t) => {
    const path = join(folder(), 'app.db')
    const store = openStore(t, path)
    const other = openDatabase(t, path)
    other.exec('BEGIN IMMEDIATE')
    const began = performance.now()
    const first = assert.rejects(
      store.write(aRow('a')),
      hasCode('store_unavailable', /stayed locked.*transaction/),
    )
    await sleep(400)
    const second = store.write(aRow('b'))
    await first
    const waited = performance.now() - began
    other.exec('COMMIT')
    assert.equal(await second, true, 'the one that came later was given its own time')
    assert.ok(waited > 700, `${waited} ms`)
    assert.equal(await store.read('a'), null)
  })

  test('a row is read at once, and when the file is locked as soon as it is free', async (t) => {
    const path = join(folder(), 'app.db')
    const store = sqliteStore(openDatabase(t, path, { timeout: 0 }))
    const row = aRow('a')
    await store.write(row)
    assert.deepEqual(store.read('a'), row)
    const other = openDatabase(t, path)
    other.exec('BEGIN EXCLUSIVE')
    const reading = store.read('a')
    assert.ok(reading instanceof Promise)
    other.exec('COMMIT')
    assert.deepEqual(await reading, row)
  })

  test('a read gives up too, on a database without a write-ahead log', async (t) => {
    const path = join(folder(), 'app.db')
    const store = sqliteStore(openDatabase(t, path, { timeout: 0 }))
    const other = openDatabase(t, path)
    other.exec('BEGIN EXCLUSIVE')
    await assert.rejects(async () => store.read('a'), hasCode('store_unavailable', /stayed locked/))
    other.exec('COMMIT')
    assert.equal(await store.read('a'), null)
  })

  test('at start-up waits for the file in the foreground, for 5 s', (t) => {
    const pauses: (number | undefined)[] = []
    t.mock.method(Atomics, 'wait', (_: unknown, __: unknown, ___: unknown, pause?: number) =>
      pauses.push(pause),
    )
    const path = join(folder(), 'app.db')
    openDatabase(t, path).exec('BEGIN EXCLUSIVE')
    assert.throws(() => sqliteStore(path), hasCode('store_unavailable', /stayed locked/))
    assert.equal(pauses.length * (pauses[0] ?? 0), 5_000)
  })
})

describe('sqliteStore on a file that several share', () => {
  test('two stores see each other’s changes at once', async (t) => {
    const path = join(folder(), 'app.db')
    const left = openStore(t, path)
    const right = openStore(t, path)
    await left.write(aRow('a'))
    assert.deepEqual(await right.read('a'), aRow('a'))
    await right.remove(['a'])
    assert.equal(await left.read('a'), null)
    assert.equal(await left.write(aRow('a', { version: 2 })), false)
    const told = await Promise.all([left, right, left, right].map((store) => store.write(aRow('b'))))
    assert.equal(told.filter(Boolean).length, 1)
  })

  test('two processes with 500 increments each lose none (F-09)', { timeout: 60_000 }, async (t) => {
    const path = join(folder(), 'app.db')
    const store = openStore(t, path)
    await store.write(aRow('counter', { payload: '0' }))
    const workers = [work(t, 'increment', path, '500'), work(t, 'increment', path, '500')]
    const exits = await Promise.all(workers.map((worker) => once(worker, 'exit')))
    assert.deepEqual(exits, [
      [0, null],
      [0, null],
    ])
    const row = await store.read('counter')
    assert.equal(row?.payload, '1000')
    assert.equal(row.version, 1_001)
  })

  test('four processes that create the tables at once all succeed', { timeout: 60_000 }, async (t) => {
    const path = join(folder(), 'new/app.db')
    const workers = [1, 2, 3, 4].map(() => work(t, 'open', path))
    await Promise.all(workers.map((worker) => once(worker, 'message')))
    for (const worker of workers) worker.send('go')
    const exits = await Promise.all(workers.map((worker) => once(worker, 'exit')))
    assert.deepEqual(
      exits.map(([code]) => code),
      [0, 0, 0, 0],
    )
    assert.deepEqual(column(openDatabase(t, path), 'SELECT version FROM latchstring_schema'), [1])
  })

  test('what a process was told before it was killed with SIGKILL is there', {
    timeout: 60_000,
  }, async (t) => {
    const path = join(folder(), 'app.db')
    const worker = work(t, 'append', path)
    const acknowledged: string[] = []
    worker.on('message', (key) => {
      acknowledged.push(String(key))
      if (acknowledged.length === 200) worker.kill('SIGKILL')
    })
    await once(worker, 'close')
    const store = openStore(t, path)
    assert.ok(acknowledged.length >= 200)
    for (const key of acknowledged) assert.equal((await store.read(key))?.payload, key)
    assert.equal(await store.write(aRow('after')), true)
  })

  test('a file whose log is being written back when the process is killed is sound, and has lost nothing (Z-4, T90)', {
    timeout: 60_000,
  }, async (t) => {
    const path = join(folder(), 'app.db')
    const acknowledged: string[] = []
    for (let round = 1; round <= 3; round++) {
      const worker = work(t, 'checkpoint', path)
      worker.on('message', (key) => {
        acknowledged.push(String(key))
        if (acknowledged.length >= 70 * round) worker.kill('SIGKILL')
      })
      await once(worker, 'close')
      assert.deepEqual(column(openDatabase(t, path), 'PRAGMA integrity_check'), ['ok'])
    }
    const store = openStore(t, path)
    assert.ok(acknowledged.length >= 210)
    for (const key of acknowledged) assert.equal((await store.read(key))?.payload, key)
  })

  test('a file that is copied under way stays sound, and the copy holds what was written or is refused (T90)', {
    timeout: 60_000,
  }, async (t) => {
    const path = join(folder(), 'app.db')
    const worker = work(t, 'append', path)
    const acknowledged: string[] = []
    worker.on('message', (key) => acknowledged.push(String(key)))
    for (let round = 1; round <= 4; round++) {
      while (acknowledged.length < round * 50) await sleep(1)
      const copy = join(folder(), 'copy.db')
      for (const end of ['', '-wal']) copyFileSync(path + end, copy + end)
      await assertOwnOrRefused(t, copy)
    }
    const closed = once(worker, 'close')
    worker.kill('SIGKILL')
    await closed
    assert.deepEqual(column(openDatabase(t, path), 'PRAGMA integrity_check'), ['ok'])
    const store = openStore(t, path)
    for (const key of acknowledged) assert.equal((await store.read(key))?.payload, key)
  })

  /** The worker writes to each row the key that it has. */
  async function assertOwnOrRefused(t: TestContext, path: string): Promise<void> {
    try {
      for (const { key, payload } of await openStore(t, path).list('user')) assert.equal(payload, key)
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error
      assert.ok(hasCode('store_unavailable', /SQLite/)(error))
    }
  }

  test('a file that may only be read is refused at start', () => {
    const path = join(folder(), 'app.db')
    sqliteStore(path).close()
    assert.throws(() => sqliteStore(`file:${path}?mode=ro`), hasCode('store_unavailable', /readonly/))
  })
})
