import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { after, before, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { Pool } from 'pg'
import { assertForgets, BusLog, until } from '../../test/bus-listener.ts'
import { createDatabase, type Database, describeWith } from '../../test/servers.ts'
import { cached } from './cached.ts'
import { memoryStore } from './memory.ts'
import { type PostgresPool, postgresBus } from './postgresBus.ts'

describeWith('postgres', 'postgresBus', () => {
  let database: Database

  before(async () => {
    database = await createDatabase('postgres')
  })
  after(() => database.drop())

  async function start(t: TestContext, channel?: string) {
    const pool = new Pool({ connectionString: database.url, max: 3 })
    pool.on('error', () => {})
    const ends: (() => void)[] = []
    // The pool waits for the connection that listens.
    t.after(() => {
      for (const end of ends) end()
      return pool.end()
    })
    const bus = postgresBus(pool, channel)
    const log = new BusLog()
    const stop = await bus.subscribe(log)
    ends.push(stop)
    return { pool, bus, log, stop, ends }
  }

  /** Cuts the connections that listen, from the server's side. */
  async function cut(pool: Pool): Promise<void> {
    await pool.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()",
    )
  }

  test('is connected at once', async (t) => {
    assert.deepEqual((await start(t)).log.states, ['up'])
  })

  test('tells the others which keys have changed, and not itself', async (t) => {
    const [near, far] = [await start(t), await start(t)]
    await near.bus.publish(['a', 'b\0 "c" ü😀 \uD800'])
    await far.bus.publish(['d'])
    await until(() => near.log.keys.length > 0 && far.log.keys.length > 1, 'both have heard')
    assert.deepEqual(far.log.keys, ['a', 'b\0 "c" ü😀 \uD800'])
    assert.deepEqual(near.log.keys, ['d'])
  })

  test('splits what is too long for one message', async (t) => {
    const [near, far] = [await start(t), await start(t)]
    const keys = Array.from({ length: 1_000 }, (_, index) => `key ${index} ä😀`.padEnd(43, 'ö'))
    await near.bus.publish(keys)
    await until(() => far.log.keys.length === keys.length, 'all have arrived')
    assert.deepEqual(far.log.keys.toSorted(), keys.toSorted())
    await near.bus.publish(['x'.repeat(7_000), 'y'.repeat(7_000)])
    await until(() => far.log.keys.length === keys.length + 2, 'the long ones have arrived')
    await assert.rejects(near.bus.publish(['a', 'x'.repeat(8_000)]), { code: 'invalid_argument' })
  })

  test('hears neither other channels nor what is no message of a bus', async (t) => {
    const [near, elsewhere, far] = [await start(t), await start(t, 'Another_1'), await start(t)]
    await elsewhere.bus.publish(['elsewhere'])
    for (const garbage of ['', 'text', '{}', '["origin",1]']) {
      await near.pool.query('SELECT pg_notify($1, $2)', ['latchstring_invalidate', garbage])
    }
    await far.bus.publish(['last'])
    await until(() => near.log.keys.length > 0, 'the last has arrived')
    assert.deepEqual(near.log.keys, ['last'])
    assert.deepEqual(elsewhere.log.keys, [])
  })

  test('tells channels apart that differ in case', async (t) => {
    const [near, far] = [await start(t, 'Mine'), await start(t, 'mine')]
    const third = await start(t, 'Mine')
    await third.bus.publish(['a'])
    await until(() => near.log.keys.length > 0, 'it has arrived')
    assert.deepEqual(far.log.keys, [])
  })

  test('says at once that the connection dropped, and listens again on another one', async (t) => {
    const [near, far] = [await start(t), await start(t)]
    await cut(near.pool)
    await until(() => near.log.states.length === 3 && far.log.states.length === 3, 'both are back')
    assert.deepEqual(near.log.states, ['up', 'down', 'up'])
    await far.bus.publish(['after'])
    await until(() => near.log.keys.length > 0, 'messages come through again')
    assert.ok(near.pool.totalCount <= 3, 'the broken connection was given up')
  })

  test('hears nothing more once it has stopped, and keeps no connection', async (t) => {
    const [near, far] = [await start(t), await start(t)]
    near.stop()
    await far.bus.publish(['a'])
    await sleep(50)
    assert.deepEqual(near.log.keys, [])
    assert.equal(near.pool.totalCount, 0)
  })

  test('S-12: a session that one process removes is gone in another one, in milliseconds', async (t) => {
    const [near, far] = [await start(t), await start(t)]
    const store = memoryStore()
    const here = cached(store, { bus: postgresBus(near.pool) })
    const there = cached(store, { bus: postgresBus(far.pool) })
    near.ends.push(() => here.close())
    far.ends.push(() => there.close())
    await assertForgets(here, there)
  })
})

/** A connection whose answers a test gives. */
class FakeClient extends EventEmitter {
  released: boolean | null = null
  listening: PromiseWithResolvers<void> = Promise.withResolvers()
  query(): Promise<void> {
    return this.listening.promise
  }
  release(destroy: boolean): void {
    assert.equal(this.released, null, 'released twice')
    this.released = destroy
  }
}

class FakePool implements PostgresPool {
  readonly clients: PromiseWithResolvers<FakeClient>[] = []
  connect(): Promise<FakeClient> {
    const client = Promise.withResolvers<FakeClient>()
    this.clients.push(client)
    return client.promise
  }
  queries = 0
  async query(): Promise<void> {
    this.queries++
  }
}

describe('postgresBus on a pool that a test controls', () => {
  test('tries again, at longer intervals, until there is a connection', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const pool = new FakePool()
    const log = new BusLog()
    const subscribed = postgresBus(pool).subscribe(log)
    for (const pause of [50, 100, 200, 400, 800, 1_600, 2_000, 2_000]) {
      const tries = pool.clients.length
      pool.clients.at(-1)?.reject(new Error('refused'))
      await turn()
      t.mock.timers.tick(pause - 1)
      assert.equal(pool.clients.length, tries, `${pause} ms`)
      t.mock.timers.tick(1)
      assert.equal(pool.clients.length, tries + 1, `${pause} ms`)
    }
    const client = new FakeClient()
    client.listening.resolve()
    pool.clients.at(-1)?.resolve(client)
    await turn()
    assert.deepEqual(log.states, ['up'])
    const stop = await subscribed
    stop()
    assert.equal(client.released, true)
  })

  test('counts one drop once, in whatever ways it is reported', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const pool = new FakePool()
    const log = new BusLog()
    const subscribed = postgresBus(pool).subscribe(log)
    const client = new FakeClient()
    pool.clients[0]?.resolve(client)
    await turn()
    client.emit('error', new Error('broken'))
    client.emit('end')
    client.listening.reject(new Error('broken'))
    const stop = await subscribed
    assert.deepEqual(log.states, ['down'])
    assert.equal(client.released, true)
    stop()
    t.mock.timers.tick(10_000)
    assert.equal(pool.clients.length, 1, 'it tries no more once it has stopped')
  })

  test('is not connected by an answer that comes after the drop', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const pool = new FakePool()
    const log = new BusLog()
    const subscribed = postgresBus(pool).subscribe(log)
    const client = new FakeClient()
    pool.clients[0]?.resolve(client)
    await turn()
    client.emit('end')
    client.listening.resolve()
    await subscribed
    assert.deepEqual(log.states, ['down'])
  })

  test('gives back a connection that comes when it has stopped, and ignores failures then', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const pool = new FakePool()
    const log = new BusLog()
    const subscribed = postgresBus(pool).subscribe(log)
    const first = new FakeClient()
    first.listening.resolve()
    pool.clients[0]?.resolve(first)
    const stop = await subscribed
    first.emit('end')
    t.mock.timers.tick(50)
    stop()
    const second = new FakeClient()
    pool.clients[1]?.resolve(second)
    await turn()
    assert.equal(second.released, false)
    assert.deepEqual(log.states, ['up', 'down'])
  })

  test('publishes nothing for nothing, and hears nothing in a message without a text', async () => {
    const pool = new FakePool()
    const log = new BusLog()
    const bus = postgresBus(pool)
    const subscribed = bus.subscribe(log)
    const client = new FakeClient()
    client.listening.resolve()
    pool.clients[0]?.resolve(client)
    const stop = await subscribed
    await bus.publish([])
    assert.equal(pool.queries, 0)
    client.emit('notification', { channel: 'latchstring_invalidate' })
    assert.deepEqual(log.keys, [])
    stop()
  })

  test('serves one cached store', async () => {
    const pool = new FakePool()
    const bus = postgresBus(pool)
    void bus.subscribe(new BusLog())
    await assert.rejects(bus.subscribe(new BusLog()), { code: 'invalid_option' })
  })

  test('refuses what is no pool and what is no name of a channel', () => {
    const refuse = (...values: unknown[]) =>
      assert.throws(() => Reflect.apply(postgresBus, undefined, values), { code: 'invalid_option' })
    for (const wrong of [undefined, null, {}, { connect() {} }, 'postgres://']) refuse(wrong)
    for (const channel of ['', '1a', 'a-b', 'a"; DROP TABLE x; --', 'a'.repeat(64)])
      refuse(new FakePool(), channel)
  })
})
