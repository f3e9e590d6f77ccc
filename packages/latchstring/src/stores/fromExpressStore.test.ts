import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { runInNewContext } from 'node:vm'
import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import session from 'express-session'
import createMemoryStore from 'memorystore'
import { Pool } from 'pg'
import { createClient } from 'redis'
import { MemoryBus } from '../../test/memory-bus.ts'
import { createDatabase, describeWith } from '../../test/servers.ts'
import { createNode, isAlive, logInToken } from '../../test/support.ts'
import { LatchstringError } from '../core/errors.ts'
import type { Row } from '../core/types.ts'
import { fakeClock } from '../testing/clock.ts'
import { testStore } from '../testing/storeContract.ts'
import { cached } from './cached.ts'
import { type ExpressSession, type ExpressSessionStore, fromExpressStore } from './fromExpressStore.ts'

const { narrowed } = fromExpressStore(new session.MemoryStore())
const MemoryStore = createMemoryStore(session)
const PgStore = connectPgSimple(session)

function aRow(changes: Partial<Row> = {}): Row {
  return { key: 'key', userId: 'user', version: 1, expiresAt: 1e15, payload: '{}', ...changes }
}

testStore(() => fromExpressStore(new session.MemoryStore()), {
  name: 'MemoryStore of express-session keeps the rest of the store contract within one process',
  narrowed,
})

testStore(() => fromExpressStore(new MemoryStore({})), {
  name: 'memorystore keeps the rest of the store contract within one process',
  narrowed,
})

describeWith('redis', 'connect-redis', (url) => {
  let prefixes = 0

  async function open(t: TestContext): Promise<RedisStore> {
    const client = createClient({ url })
    client.on('error', () => {})
    await client.connect()
    t.after(() => client.destroy())
    return new RedisStore({ client, prefix: `express ${process.pid} ${prefixes++}:` })
  }

  testStore(async (t) => fromExpressStore(await open(t)), {
    name: 'connect-redis keeps the rest of the store contract within one process',
    narrowed,
  })

  test('connect-redis gives rows the time to live of their session', async (t) => {
    const express = await open(t)
    const store = fromExpressStore(express)
    await store.write(aRow({ expiresAt: Date.now() + 3_600_000 }))
    const left = Number(await express.client.ttl(`${express.prefix}key`))
    assert.ok(left > 3_600 && left <= 3_661, `${left} s`)
    assert.equal(await store.remove(['key']), 1)
    assert.equal(await express.client.exists(`${express.prefix}key`), 0)
  })

  test('connect-redis rejects, rather than finds no session, when the connection is closed', async (t) => {
    const client = await createClient({ url }).connect()
    const store = fromExpressStore(new RedisStore({ client }))
    client.destroy()
    await assert.rejects(async () => store.read('key'))
    await assert.rejects(store.write(aRow()))
    await assert.rejects(store.remove(['key']))
    t.assert.equal(client.isOpen, false)
  })
})

describeWith('postgres', 'connect-pg-simple', () => {
  async function open(t: TestContext) {
    const { url, drop } = await createDatabase('postgres')
    const pool = new Pool({ connectionString: url })
    pool.on('error', () => {})
    const store = new PgStore({ pool, createTableIfMissing: true, pruneSessionInterval: false })
    t.after(async () => {
      await pool.end()
      await drop()
    })
    return { pool, store }
  }

  testStore(async (t) => fromExpressStore((await open(t)).store), {
    name: 'connect-pg-simple keeps the rest of the store contract within one process',
    narrowed,
  })

  test('connect-pg-simple gives rows the expiry of their session', async (t) => {
    const { pool, store } = await open(t)
    const expiresAt = Date.now() + 3_600_000
    await fromExpressStore(store).write(aRow({ expiresAt }))
    const { rows } = await pool.query('SELECT extract(epoch FROM expire) AS expire FROM session')
    assert.ok(Math.abs(Number(rows[0].expire) * 1_000 - expiresAt - 60_000) < 2_000)
  })
})

/** A store of express-session in the form that each test gives its methods. */
function plainStore(methods: Partial<Record<keyof ExpressSessionStore, unknown>> = {}) {
  const sessions = new Map<string, string>()
  const store = {
    get: (sid: string, callback: (error: unknown, found?: unknown) => void) => {
      const text = sessions.get(sid)
      callback(null, text === undefined ? undefined : JSON.parse(text))
    },
    set: (sid: string, value: ExpressSession, callback: (error?: unknown) => void) => {
      sessions.set(sid, JSON.stringify(value))
      callback()
    },
    destroy: (sid: string, callback: (error?: unknown) => void) => {
      sessions.delete(sid)
      callback()
    },
  }
  return { sessions, store: Object.assign(store, methods) }
}

describe('fromExpressStore', () => {
  test('says what it narrows', async () => {
    const store = fromExpressStore(plainStore().store)
    assert.deepEqual(store.narrowed, ['compare-and-swap across processes', 'list', 'purge'])
    assert.equal(await store.purge(1e15), 0)
    await assert.rejects(store.list('user'), (error) => {
      assert.ok(error instanceof LatchstringError)
      assert.equal(error.code, 'invalid_option')
      assert.match(error.message, /no index by user.*sqliteStore/)
      return true
    })
  })

  test('logs out behind a cache too, which has no list of sessions either', async () => {
    const { store } = plainStore()
    const node = createNode({ store: cached(fromExpressStore(store), { bus: new MemoryBus().end() }) })
    const token = await logInToken(node)
    await node.sessions.end(await node.sessions.open(token), 'logged_out')
    assert.equal(await isAlive(node, token), false)
  })

  test('across processes can lose a write, as the documentation says', async () => {
    const { store } = plainStore()
    const slow = {
      ...store,
      get: async (sid: string, callback: (error: unknown, found?: unknown) => void) => {
        const found = await new Promise((resolve) => store.get(sid, (_, session) => resolve(session)))
        await turn()
        callback(null, found)
      },
    }
    const [one, other] = [fromExpressStore(slow), fromExpressStore(slow)]
    await one.write(aRow())
    const told = await Promise.all([
      one.write(aRow({ version: 2, payload: '"one"' })),
      other.write(aRow({ version: 2, payload: '"other"' })),
    ])
    assert.deepEqual(told, [true, true])
  })

  test('keeps a row under its own key in the form of a session, with a cookie for the time to live', async () => {
    const { store, sessions } = plainStore()
    const clock = fakeClock(1_000)
    await fromExpressStore(store, { clock }).write(aRow({ key: 'Key_-1', expiresAt: 5_000 }))
    assert.deepEqual(JSON.parse(sessions.get('Key_-1') ?? ''), {
      cookie: {
        path: '/',
        httpOnly: true,
        expires: new Date(65_000).toISOString(),
        maxAge: 64_000,
        originalMaxAge: 64_000,
      },
      latchstring: { userId: 'user', version: 1, expiresAt: 5_000, payload: '{}' },
    })
  })

  test('keeps an expired row for another minute, so that a late write is refused', async () => {
    const { store, sessions } = plainStore()
    await fromExpressStore(store, { clock: fakeClock(1_000) }).write(aRow({ expiresAt: 0 }))
    assert.equal(JSON.parse(sessions.get('key') ?? '').cookie.maxAge, 60_000)
  })

  test('works with a store of promises that knows no callbacks', async () => {
    const sessions = new Map<string, unknown>()
    const store = fromExpressStore({
      get: async (sid: string) => sessions.get(sid),
      set: async (sid: string, value: unknown) => void sessions.set(sid, value),
      destroy: async (sid: string) => void sessions.delete(sid),
    })
    assert.equal(await store.read('key'), null)
    assert.equal(await store.write(aRow()), true)
    assert.deepEqual(await store.read('key'), aRow())
    assert.equal(await store.remove(['key']), 1)
    assert.equal(await store.remove(['key']), 0)
  })

  test('waits for the callback of a store whose promise says nothing', async () => {
    const { store } = plainStore()
    await fromExpressStore(store).write(aRow())
    const early = {
      ...store,
      get: async (sid: string, callback: (error: unknown, found?: unknown) => void) => {
        setImmediate(() => store.get(sid, callback))
      },
    }
    assert.deepEqual(await fromExpressStore(early).read('key'), aRow())
  })

  test('takes the answer of a promise that says something, and of one that is not of this realm', async () => {
    const found = { latchstring: { userId: null, version: 1, expiresAt: 1, payload: '' } }
    const says = async (_sid: string, _callback: unknown) => found
    const row = aRow({ userId: null, expiresAt: 1, payload: '' })
    assert.deepEqual(await fromExpressStore(plainStore({ get: says }).store).read('key'), row)
    const foreign = { get: () => runInNewContext('Promise.resolve(found)', { found }) }
    assert.deepEqual(await fromExpressStore(plainStore(foreign).store).read('key'), row)
  })

  test('takes a callback that fires twice', async () => {
    const twice = {
      get: (_sid: string, callback: (error: unknown, found?: unknown) => void) => {
        callback(null, null)
        callback(new Error('thrown by the first call'))
      },
    }
    assert.equal(await fromExpressStore(plainStore(twice).store).read('key'), null)
  })

  test('rejects when the store fails, in whatever way: unknown is not absent', async () => {
    const fails = (get: unknown) =>
      assert.rejects(async () => fromExpressStore(plainStore({ get }).store).read('key'), /broken/)
    await fails((_: string, callback: (error: unknown) => void) => callback(new Error('broken')))
    await fails(() => Promise.reject(new Error('broken')))
    await fails(() => {
      throw new Error('broken')
    })
    const socket = Object.assign(new Error('broken'), { code: 'ENOENT', syscall: 'connect' })
    await fails((_: string, callback: (error: unknown) => void) => callback(socket))
  })

  test('takes a missing file of a store of files for an absent session', async () => {
    const missing = Object.assign(new Error('ENOENT'), { code: 'ENOENT', syscall: 'open' })
    const get = (_: string, callback: (error: unknown) => void) => callback(missing)
    assert.equal(await fromExpressStore(plainStore({ get }).store).read('key'), null)
  })

  test('rejects a session that it did not write, does not write over it, and removes it', async () => {
    const good = { userId: null, version: 1, expiresAt: 1, payload: '' }
    const bad = [{ version: '1' }, { expiresAt: null }, { payload: 1 }, { userId: 1 }]
    const sessions = [
      1,
      'text',
      {},
      { latchstring: null },
      ...bad.map((each) => ({ latchstring: { ...good, ...each } })),
    ]
    for (const found of sessions) {
      const plain = plainStore()
      plain.sessions.set('key', JSON.stringify(found))
      const store = fromExpressStore(plain.store)
      await assert.rejects(async () => store.read('key'), { code: 'store_unavailable' })
      await assert.rejects(store.write(aRow()), { code: 'store_unavailable' })
      assert.equal(await store.remove(['key']), 1)
      assert.equal(await store.read('key'), null)
    }
  })

  test('goes on with a key whose last change failed', async () => {
    const plain = plainStore()
    let failures = 1
    const set = (sid: string, value: ExpressSession, callback: (error?: unknown) => void) => {
      if (failures-- > 0) callback(new Error('broken'))
      else plain.store.set(sid, value, callback)
    }
    const store = fromExpressStore({ ...plain.store, set })
    const [failed, next] = [store.write(aRow()), store.write(aRow())]
    await assert.rejects(failed, /broken/)
    assert.equal(await next, true)
  })

  test('refuses what is no store of express-session', () => {
    const refuse = (...values: unknown[]) =>
      assert.throws(() => Reflect.apply(fromExpressStore, undefined, values), { code: 'invalid_option' })
    for (const wrong of [undefined, null, 'redis', {}, { get() {}, set() {} }]) refuse(wrong)
    refuse(plainStore().store, { clock: 1 })
  })
})
