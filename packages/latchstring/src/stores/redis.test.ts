import assert from 'node:assert/strict'
import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Cluster, Redis } from 'ioredis'
import { createClient, createClientPool, createSentinel } from 'redis'
import { freePort } from '../../../../scripts/servers/ports.ts'
import { clusterOptions } from '../../../../scripts/servers/redisCluster.ts'
import { gate } from '../../test/http/server.ts'
import {
  aRow,
  DRIVERS,
  eventually,
  freshPrefix,
  nodeRedis,
  type OpenClient,
  PrivateRedis,
} from '../../test/redis-support.ts'
import { describeWith } from '../../test/servers.ts'
import { errorWith } from '../../test/support.ts'
import type { Row, Store } from '../core/types.ts'
import { testStore } from '../testing/index.ts'
import { connectionOf, type Send } from './_redisClient.ts'
import {
  type NodeRedisClient,
  type NodeRedisCluster,
  type NodeRedisSentinel,
  type RedisClient,
  redisStore,
} from './redis.ts'

const WORKER = join(import.meta.dirname, '../../test/redis-worker.ts')
const HOUR = 3_600_000

function soon<T>(answer: Promise<T>): Promise<T> {
  const tooLate = sleep(200, null, { ref: false }).then(() => Promise.reject(new Error('no answer')))
  return Promise.race([answer, tooLate])
}

const cannotServe = spawnSync('redis-server', ['--version']).status !== 0

/** A client between a store and Redis, so that a test can hold commands back, change answers and count. */
interface Spy {
  around: (command: string[], send: Send) => Promise<unknown>
}

function spied(client: RedisClient, spy: Spy): NodeRedisCluster {
  const { send, masters, keyPrefix } = connectionOf(client)
  assert.equal(keyPrefix, '')
  // Told apart as a cluster of node-redis, since only that says to which key a command goes.
  return {
    masters: [{}],
    nodeClient: async () => ({
      sendCommand: async (command) => (await masters())[0]?.(command),
    }),
    sendCommand: (key, _isReadonly, command) => spy.around(command, (toSend) => send(key, toSend)),
  }
}

function nameOf([name = '', , , ...rest]: readonly string[]): string {
  if (name !== 'EVALSHA' && name !== 'EVAL') return name
  return rest[0]?.includes(':u:') ? 'enter' : 'swap'
}

for (const [kind, title] of [
  ['redis', 'one server'],
  ['redis-cluster', 'a cluster'],
] as const) {
  for (const [driver, open] of Object.entries(DRIVERS)) {
    describeWith(kind, `redisStore on ${title}, by ${driver}`, (url) => {
      let opened: OpenClient
      before(async () => {
        opened = await open(url)
      })
      after(() => opened.close())
      testStore(() => redisStore(opened.client, { prefix: freshPrefix() }))
      const context: Context = {
        driver,
        url,
        get client() {
          return opened.client
        },
      }
      concurrencyTests(context)
      indexTests(context)
      scriptTests(context)
    })
  }
}

interface Context {
  readonly driver: string
  readonly url: string
  readonly client: RedisClient
}

function storeOf({ client }: Context, prefix = freshPrefix()): Store {
  return redisStore(client, { prefix })
}

async function listedKeys(store: Store): Promise<string[]> {
  return (await store.list('user')).map(({ key }) => key).toSorted()
}

/** What the index of the only user holds, whichever way it got there. */
async function indexOf(context: Context, prefix: string): Promise<{ key: string; members: string[] }> {
  for (const send of await connectionOf(context.client).masters()) {
    for (let cursor = '0'; ; ) {
      const found = await send(['SCAN', cursor, 'MATCH', `${prefix}u:*`, 'COUNT', '10000'])
      assert.ok(Array.isArray(found))
      const [key] = found[1]
      if (typeof key === 'string') return { key, members: await membersOf(send, key) }
      cursor = String(found[0])
      if (cursor === '0') break
    }
  }
  return { key: '', members: [] }
}

async function membersOf(send: Send, key: string): Promise<string[]> {
  const members = await send(['ZRANGE', key, '0', '-1'])
  assert.ok(Array.isArray(members))
  return members.map(String)
}

function concurrencyTests(context: Context): void {
  test('three processes with 200 increments each lose none (F-09)', { timeout: 60_000 }, async () => {
    const prefix = freshPrefix()
    const store = storeOf(context, prefix)
    await store.write(aRow('counter', { payload: '0' }))
    const args = [context.driver, context.url, prefix, '200']
    const workers = [1, 2, 3].map(() => fork(WORKER, args, { stdio: 'inherit', execArgv: [] }))
    const exits = await Promise.all(workers.map((worker) => once(worker, 'exit')))
    assert.deepEqual(
      exits.map(([code]) => code),
      [0, 0, 0],
    )
    const row = await store.read('counter')
    assert.deepEqual([row?.payload, row?.version], ['600', 601])
  })

  test('a list misses no row among 100 parallel creates, changes and removals (F-09)', async () => {
    const store = storeOf(context)
    const acknowledged = new Set<string>()
    const work = Array.from({ length: 100 }, async (_, index) => {
      const row = aRow(`key ${index}`)
      assert.equal(await store.write(row), true)
      acknowledged.add(row.key)
      await assertListed(store, row.key)
      assert.equal(await store.write({ ...row, version: 2, expiresAt: row.expiresAt + 9 * HOUR }), true)
      await assertListed(store, row.key)
      if (index % 2 === 0) return
      acknowledged.delete(row.key)
      assert.equal(await store.remove([row.key]), 1)
    })
    await Promise.all(work)
    assert.deepEqual(await listedKeys(store), [...acknowledged].toSorted())
    await store.remove([...acknowledged])
    assert.deepEqual(await store.list('user'), [])
  })

  test('a row that moves between two users is at every moment in the list of its user', async () => {
    const store = storeOf(context)
    for (let row = aRow('key'); row.version <= 40; ) {
      assert.equal(await store.write(row), true)
      assert.deepEqual(await store.list(row.userId ?? ''), [row])
      row = { ...row, version: row.version + 1, userId: row.version % 2 === 0 ? 'user' : 'other' }
    }
  })

  test('of three stores that remove the same rows each row counts once', async () => {
    const prefix = freshPrefix()
    const stores = [1, 2, 3].map(() => storeOf(context, prefix))
    const keys = Array.from({ length: 50 }, (_, index) => `key ${index}`)
    await Promise.all(keys.map((key) => stores[0]?.write(aRow(key))))
    const told = await Promise.all(stores.map((store) => store.remove([...keys, ...keys])))
    assert.equal(
      told.reduce((sum, count) => sum + count, 0),
      50,
    )
  })
}

async function assertListed(store: Store, key: string): Promise<void> {
  assert.ok((await listedKeys(store)).includes(key), `${key} is not listed`)
}

function indexTests(context: Context): void {
  const spiedStore = (prefix: string, spy: Spy) => redisStore(spied(context.client, spy), { prefix })

  test('a crash between the entry in the index and the row leaves no session', async () => {
    const prefix = freshPrefix()
    const store = storeOf(context, prefix)
    const crashing = spiedStore(prefix, {
      around: (command, send) =>
        nameOf(command) === 'swap' ? Promise.reject(new Error('crashed')) : send(command),
    })
    await assert.rejects(crashing.write(aRow('key')), /crashed/)
    assert.deepEqual((await indexOf(context, prefix)).members.length, 1)
    assert.deepEqual(await store.list('user'), [])
    assert.equal(await store.write(aRow('key')), true)
    assert.deepEqual(await store.list('user'), [aRow('key')])
  })

  test('a crash between the removal of the row and of its entry leaves no session', async () => {
    const prefix = freshPrefix()
    const store = storeOf(context, prefix)
    const crashing = spiedStore(prefix, {
      around: (command, send) =>
        nameOf(command) === 'ZREM' ? Promise.reject(new Error('crashed')) : send(command),
    })
    await store.write(aRow('key'))
    assert.equal(await crashing.remove(['key']), 1)
    assert.deepEqual(await store.list('user'), [])
    assert.equal((await indexOf(context, prefix)).members.length, 1)
  })

  test('a removal of an entry that comes late hides no row created under the same key since', async () => {
    const prefix = freshPrefix()
    const store = storeOf(context, prefix)
    const late: (() => Promise<unknown>)[] = []
    const slow = spiedStore(prefix, {
      around: (command, send) => {
        if (nameOf(command) !== 'ZREM') return send(command)
        return new Promise((resolve) => late.push(() => send(command).then(resolve)))
      },
    })
    await store.write(aRow('key'))
    await slow.remove(['key'])
    assert.equal(await store.write(aRow('key')), true)
    assert.equal(late.length, 1)
    for (const run of late) await run()
    assert.deepEqual(await store.list('user'), [aRow('key')])
  })

  test('a write that the client sent twice is acknowledged, and its row stays listed', async () => {
    const prefix = freshPrefix()
    const store = storeOf(context, prefix)
    let isLast = false
    const twice = spiedStore(prefix, {
      around: async (command, send) => {
        const answer = await send(command)
        if (nameOf(command) !== 'swap' || isLast) return answer
        // Between both, somebody else writes to the row.
        isLast = true
        assert.equal(await store.write(aRow('key', { version: 2 })), true)
        return send(command)
      },
    })
    assert.equal(await twice.write(aRow('key')), true)
    assert.deepEqual(await store.list('user'), [aRow('key', { version: 2 })])
  })

  test('a list finds the row of a session whose token is replaced again and again while it is made (S-12, F-09)', async () => {
    const prefix = freshPrefix()
    const store = storeOf(context, prefix)
    let count = 1
    const meeting = spiedStore(prefix, {
      around: async (command, send) => {
        const answer = await send(command)
        if (nameOf(command) !== 'ZRANGE' || count > 3) return answer
        const before = aRow(`key ${count++}`)
        assert.equal(await store.write(aRow(`key ${count}`)), true)
        assert.equal(await store.write({ ...before, version: 2, userId: null }), true)
        return answer
      },
    })
    await store.write(aRow('key 1'))
    assert.deepEqual(await meeting.list('user'), [aRow('key 4')])
  })

  test('a list finds the row of a session that passes on to a row which the list has asked for in vain (S-12, F-09)', async () => {
    const prefix = freshPrefix()
    const store = storeOf(context, prefix)
    const [entered, asked, replaced] = [gate(), gate(), gate()]
    const writer = spiedStore(prefix, {
      around: async (command, send) => {
        if (nameOf(command) === 'swap') entered.open()
        if (nameOf(command) === 'swap') await asked.opened
        return send(command)
      },
    })
    const reader = spiedStore(prefix, {
      around: async (command, send) => {
        const isRead = (key: string) => command[0] === 'GET' && command[1]?.endsWith(key) === true
        if (isRead('key 1')) await replaced.opened
        const answer = await send(command)
        if (isRead('key 2')) asked.open()
        return answer
      },
    })
    await store.write(aRow('key 1'))
    const replacing = writer
      .write(aRow('key 2'))
      .then(() => store.write(aRow('key 1', { version: 2, userId: null, expiresAt: 0 })))
      .then(replaced.open)
    await entered.opened
    assert.deepEqual(await reader.list('user'), [aRow('key 2')])
    await replacing
  })

  test('a late touch enters the row anew, one right after another does not', async () => {
    const prefix = freshPrefix()
    const commands: string[] = []
    const store = spiedStore(prefix, {
      around: (command, send) => {
        commands.push(nameOf(command))
        return send(command)
      },
    })
    const row = aRow('key')
    await store.write(row)
    assert.deepEqual(commands.splice(0), ['enter', 'swap'])
    await store.write({ ...row, version: 2, expiresAt: row.expiresAt + HOUR })
    assert.deepEqual(commands.splice(0), ['swap'])
    const later = { ...row, version: 3, expiresAt: row.expiresAt + 5 * HOUR }
    await store.write(later)
    assert.deepEqual(commands.splice(0), ['swap', 'enter', 'swap', 'ZREM'])
    await eventually(async () => assert.equal((await indexOf(context, prefix)).members.length, 1))
    assert.deepEqual(await store.list('user'), [later])
  })

  test('entries go with their rows: when removed, closed, moved, refused', async () => {
    const prefix = freshPrefix()
    const store = storeOf(context, prefix)
    for (const key of ['removed', 'closed', 'moved']) await store.write(aRow(key))
    assert.equal(await store.write(aRow('moved')), false)
    await store.remove(['removed'])
    await store.write(aRow('closed', { version: 2, userId: null, expiresAt: 0, payload: '' }))
    await store.write(aRow('moved', { version: 2, userId: null }))
    await eventually(async () => assert.deepEqual((await indexOf(context, prefix)).members, []))
  })

  test('entries whose time is over go when the user next logs in, and the index goes with the last', async () => {
    const prefix = freshPrefix()
    const store = storeOf(context, prefix)
    await store.write(aRow('first'))
    const { key } = await indexOf(context, prefix)
    const { send } = connectionOf(context.client)
    await send(key, [
      'ZADD',
      key,
      String(Date.now() - 1),
      'lapsed entry',
      String(Date.now() + 60_000),
      'fresh entry',
    ])
    await store.write(aRow('second', { expiresAt: aRow('').expiresAt + HOUR }))
    const { members } = await indexOf(context, prefix)
    assert.deepEqual(members.map((member) => member.split(' ')[1]).toSorted(), ['entry', 'first', 'second'])
    assert.ok(members.includes('fresh entry'))
    const left = Number(await send(key, ['PTTL', key])) + Date.now() - aRow('').expiresAt
    assert.ok(left > 5 * HOUR && left < 6 * HOUR, `${left / HOUR} h after the last session`)
  })

  for (const hours of [-2, 2]) {
    test(`servers whose clocks differ by ${hours} h refuse a session that could go missing from its list`, async () => {
      const prefix = freshPrefix()
      const store = spiedStore(prefix, {
        around: async (command, send) => {
          const answer = await send(command)
          if (nameOf(command) !== 'enter' || !Array.isArray(answer)) return answer
          const [name, listedUntil] = answer
          return [String(Number(name) + hours * HOUR * 1_000), listedUntil]
        },
      })
      await assert.rejects(store.write(aRow('key')), errorWith('store_unavailable', /clocks/))
      assert.equal(await storeOf(context, prefix).read('key'), null)
    })
  }

  test('a row is not written under an entry that would go before it', async () => {
    const prefix = freshPrefix()
    const store = spiedStore(prefix, {
      around: async (command, send) => {
        const answer = await send(command)
        if (nameOf(command) !== 'enter' || !Array.isArray(answer)) return answer
        return [answer[0], String(aRow('').expiresAt + HOUR)]
      },
    })
    await assert.rejects(store.write(aRow('key')), errorWith('store_unavailable', /clocks/))
    assert.equal(await storeOf(context, prefix).read('key'), null)
  })

  test('Redis itself drops rows ten minutes after their expiry', async () => {
    const prefix = freshPrefix()
    const store = storeOf(context, prefix)
    const { send } = connectionOf(context.client)
    const timeLeft = async (key: string) =>
      Number(await send(`${prefix}s:${key}`, ['PTTL', `${prefix}s:${key}`]))
    await store.write(aRow('soon', { expiresAt: Date.now() + HOUR }))
    await store.write(aRow('closed', { expiresAt: 0, userId: null }))
    assert.ok(Math.abs((await timeLeft('soon')) - HOUR - 600_000) < 5_000)
    assert.ok(Math.abs((await timeLeft('closed')) - 600_000) < 5_000)
  })

  test('ids with the braces of hash tags choose no slot', async () => {
    const prefix = freshPrefix()
    const store = storeOf(context, prefix)
    await store.write(aRow('key', { userId: '{same}1' }))
    const { key } = await indexOf(context, prefix)
    assert.match(key.slice(prefix.length), /^u:[\w-]{43}$/)
  })
}

function scriptTests(context: Context): void {
  test('scripts that a server has forgotten are sent again', async () => {
    const prefix = freshPrefix()
    const store = storeOf(context, prefix)
    const flush = async () => {
      for (const send of await connectionOf(context.client).masters()) await send(['SCRIPT', 'FLUSH'])
    }
    let row = aRow('key')
    for (let round = 0; round < 3; round++) {
      await flush()
      assert.equal(await store.write(row), true)
      row = { ...row, version: row.version + 1 }
    }
    await flush()
    const many = Array.from({ length: 50 }, (_, index) => aRow(`key ${index}`))
    const told = await Promise.all(many.map((each) => store.write(each)))
    assert.ok(told.every(Boolean))
    await flush()
    assert.equal(await store.purge(aRow('').expiresAt), 51)
  })

  test('a key that holds something else is an error, neither absent nor a session', async () => {
    const prefix = freshPrefix()
    const { send } = connectionOf(context.client)
    const store = storeOf(context, prefix)
    for (const value of ['hello', '', '1 2 3 - 4']) {
      await send(`${prefix}s:key`, ['SET', `${prefix}s:key`, value])
      await assert.rejects(async () => store.read('key'), errorWith('store_unavailable', /did not write/))
    }
    await send(`${prefix}s:key`, ['DEL', `${prefix}s:key`])
    await send(`${prefix}s:key`, ['LPUSH', `${prefix}s:key`, 'x'])
    await assert.rejects(async () => store.read('key'), /WRONGTYPE/)
    assert.equal(await store.purge(aRow('').expiresAt), 0)
  })

  test('a prefix with wildcards matches only itself', async () => {
    const base = freshPrefix()
    const store = storeOf(context, `${base}*[a-z]?^\\`)
    const other = storeOf(context, `${base}xxaxx`)
    for (const each of [store, other]) await each.write(aRow('key'))
    assert.equal(await store.purge(aRow('').expiresAt), 1)
    assert.deepEqual(await other.list('user'), [aRow('key')])
  })

  test('a row that Redis would change is refused', async () => {
    const store = storeOf(context)
    const wrong: Partial<Row>[] = [
      { version: 1.5 },
      { expiresAt: Number.POSITIVE_INFINITY },
      { expiresAt: -1 },
      { key: '\uD800' },
      { userId: '\uD800' },
      { payload: '\uD800' },
    ]
    for (const changes of wrong) {
      await assert.rejects(store.write(aRow('key', changes)), errorWith('invalid_argument', /must be/))
    }
  })
}

describeWith('redis', 'redisStore and its client', (url) => {
  async function open(t: TestContext, at = url) {
    const client = createClient({ url: at })
    t.after(() => client.destroy())
    return client.connect()
  }

  /** Counts the packets between a client and Redis. */
  async function countingProxy(t: TestContext): Promise<{ port: number; packets: string[] }> {
    const packets: string[] = []
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      const redis = connect(Number(new URL(url).port), '127.0.0.1')
      for (const each of [socket, redis]) sockets.add(each.on('error', () => {}))
      socket.on('data', (chunk) => packets.push(String(chunk)))
      socket.pipe(redis).pipe(socket)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    const address = server.address()
    assert.ok(address !== null && typeof address === 'object')
    return { port: address.port, packets }
  }

  test('node-redis sends 100 reads of one tick in one packet, without a timer for each', async (t) => {
    const { port, packets } = await countingProxy(t)
    const client = await open(t, `redis://127.0.0.1:${port}`)
    const store = redisStore(client, { prefix: freshPrefix() })
    await store.read('first')
    packets.length = 0
    const timers = t.mock.method(AbortSignal, 'timeout')
    await Promise.all(Array.from({ length: 100 }, (_, index) => store.read(`key ${index}`)))
    assert.equal(packets.join('').match(/GET/g)?.length, 100)
    assert.equal(packets.length, 1)
    assert.equal(timers.mock.callCount(), 0)
  })

  test('ioredis does so with enableAutoPipelining', async (t) => {
    const { port, packets } = await countingProxy(t)
    const client = new Redis(port, { enableAutoPipelining: true })
    t.after(() => client.disconnect())
    const store = redisStore(client, { prefix: freshPrefix() })
    await store.read('first')
    packets.length = 0
    await Promise.all(Array.from({ length: 100 }, (_, index) => store.read(`key ${index}`)))
    assert.equal(packets.join('').match(/get/gi)?.length, 100)
    assert.equal(packets.length, 1)
    await store.write(aRow('key'))
    assert.equal(await store.remove(['key']), 1)
  })

  test('a client of either protocol, a pool, and one that maps texts to buffers will do', async (t) => {
    const older = await createClient({ url, RESP: 2 }).connect()
    const pool = createClientPool({ url })
    await pool.connect()
    t.after(() => [older, pool].map((each) => each.destroy()))
    const clients: RedisClient[] = [older, pool, (await open(t)).withTypeMapping({ 36: Buffer })]
    for (const client of clients) {
      const store = redisStore(client, { prefix: freshPrefix() })
      await store.write(aRow('key'))
      assert.deepEqual(await store.list('user'), [aRow('key')])
      assert.equal(await store.purge(aRow('').expiresAt), 1)
    }
  })

  test('a key prefix of ioredis comes before ours, and the purge knows it', async (t) => {
    const keyPrefix = freshPrefix()
    const client = new Redis(url, { keyPrefix })
    t.after(() => client.disconnect())
    const store = redisStore(client)
    await store.write(aRow('key'))
    assert.deepEqual(await store.list('user'), [aRow('key')])
    const plain = redisStore(await open(t), { prefix: `${keyPrefix}latchstring:` })
    assert.deepEqual(await plain.read('key'), aRow('key'))
    assert.equal(await store.purge(aRow('').expiresAt), 1)
  })

  test('the default prefix is latchstring:', async (t) => {
    const client = await open(t)
    const key = freshPrefix()
    await redisStore(client).write(aRow(key))
    assert.equal(await client.exists(`latchstring:s:${key}`), 1)
    assert.equal(await redisStore(client).remove([key]), 1)
  })
})

describeWith('redis', 'redisStore and a server that', () => {
  const skip = cannotServe && 'redis-server is not installed'

  async function openFor(t: TestContext, url: string, open = nodeRedis): Promise<RedisClient> {
    const { client, close } = await open(url)
    t.after(close)
    return client
  }

  for (const [driver, open] of Object.entries(DRIVERS)) {
    test(`is gone refuses at once, and works when it is back, by ${driver}`, { skip }, async (t) => {
      const server = await PrivateRedis.start(t, '--appendonly', 'yes', '--appendfsync', 'always')
      const store = redisStore(await openFor(t, server.url, open))
      await store.write(aRow('key'))
      await server.kill()
      // What is under way as the connection breaks may wait in the client: there the engine's deadline is for.
      await eventually(() =>
        assert.rejects(soon(store.read('key')), errorWith('store_unavailable', /is lost/)),
      )
      const began = performance.now()
      for (const call of [() => store.write(aRow('other')), () => store.remove(['key'])]) {
        await assert.rejects(call, errorWith('store_unavailable', /is lost/))
      }
      await assert.rejects(store.list('user'), errorWith('store_unavailable', /is lost/))
      await assert.rejects(store.purge(0), errorWith('store_unavailable', /is lost/))
      assert.ok(performance.now() - began < 500)
      await server.restart()
      await eventually(async () => assert.deepEqual(await store.list('user'), [aRow('key')]))
      assert.equal(await store.write(aRow('other')), true, 'its scripts were gone')
    })
  }

  test('may evict sessions is refused until its setting is right (T89)', { skip }, async (t) => {
    const server = await PrivateRedis.start(t, '--maxmemory-policy', 'allkeys-lru')
    for (const open of Object.values(DRIVERS)) {
      const client = await openFor(t, server.url, open)
      const [send] = await connectionOf(client).masters()
      const store = redisStore(client)
      const calls = [
        () => store.read('key'),
        () => store.write(aRow('key')),
        () => store.remove(['key']),
        () => store.list('user'),
      ]
      for (const policy of ['allkeys-lru', 'volatile-ttl', 'volatile-lru']) {
        await send?.(['CONFIG', 'SET', 'maxmemory-policy', policy])
        const refused = errorWith('invalid_option', new RegExp(`"${policy}".*maxmemory-policy noeviction`))
        for (const call of calls) await assert.rejects(call, refused)
      }
      await send?.(['CONFIG', 'SET', 'maxmemory-policy', 'noeviction'])
      assert.equal(await store.read('key'), null)
    }
  })

  test('may evict sessions is refused also before a client knows the nodes of its cluster', {
    skip,
  }, async (t) => {
    const options = ['--cluster-announce-ip', '127.0.0.1', '--maxmemory-policy', 'allkeys-lru']
    const server = await PrivateRedis.start(t, ...clusterOptions(await freePort()), ...options)
    const [send] = await connectionOf(await openFor(t, server.url)).masters()
    await send?.(['CLUSTER', 'ADDSLOTSRANGE', '0', '16383'])
    await eventually(async () => assert.match(String(await send?.(['CLUSTER', 'INFO'])), /cluster_state:ok/))
    const client = new Cluster([server.url])
    client.on('error', () => {})
    t.after(() => client.disconnect())
    assert.notEqual(client.status, 'ready')
    const store = redisStore(client)
    const refused = errorWith('invalid_option', /"allkeys-lru"/)
    await Promise.all([
      assert.rejects(store.read('key'), refused),
      assert.rejects(store.list('user'), refused),
    ])
    await assert.rejects(store.read('key'), refused)
  })

  test('does not tell its eviction policy gets a warning, once', { skip }, async (t) => {
    const server = await PrivateRedis.start(t)
    const [admin] = await connectionOf(await openFor(t, server.url)).masters()
    await admin?.(['ACL', 'SETUSER', 'app', 'on', 'nopass', '~*', '+@all', '-info'])
    const warnings = t.mock.method(process, 'emitWarning', () => {})
    const store = redisStore(await openFor(t, server.url.replace('//', '//app:any@')))
    assert.equal(await store.write(aRow('key')), true)
    await Promise.all([store.read('key'), store.list('user')])
    assert.deepEqual(
      warnings.mock.calls.map(({ arguments: [text] }) =>
        /does not tell its maxmemory-policy/.test(String(text)),
      ),
      [true],
    )
  })

  test('is full refuses new sessions, and no session is lost (T88)', { skip }, async (t) => {
    const server = await PrivateRedis.start(t, '--maxmemory', '4mb')
    const store = redisStore(await openFor(t, server.url))
    const kept: Row[] = []
    const fill = async () => {
      for (let index = 0; index < 1_000; index++) {
        const row = aRow(`key ${index}`, { payload: 'x'.repeat(10_000) })
        await store.write(row)
        kept.push(row)
      }
    }
    await assert.rejects(fill, /OOM/)
    assert.deepEqual((await store.list('user')).length, kept.length)
    assert.equal(await store.remove(kept.map(({ key }) => key)), kept.length)
  })
})

describe('redisStore asks for the eviction policy', () => {
  test('again when a server did not answer in a second, as another may have taken its place', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    let asked = 0
    const client: NodeRedisClient = {
      sendCommand: async ([name]) => {
        if (name !== 'INFO') return null
        asked++
        return asked === 1 ? new Promise(() => {}) : 'maxmemory_policy:noeviction\r\n'
      },
    }
    const store = redisStore(client)
    let isAnswered = false
    store.read('key').then(() => {
      isAnswered = true
    }, assert.ifError)
    t.mock.timers.tick(1_000)
    assert.equal(await store.read('key'), null)
    assert.deepEqual([asked, isAnswered], [2, false])
    assert.equal(await store.read('key'), null)
    assert.equal(asked, 2)
  })

  test('again when the client knew no server to ask', async () => {
    const masters: object[] = []
    const client: NodeRedisCluster = {
      masters,
      nodeClient: async () => ({ sendCommand: async () => 'maxmemory_policy:allkeys-lru\r\n' }),
      sendCommand: async () => null,
    }
    const store = redisStore(client)
    await assert.rejects(store.read('key'), errorWith('store_unavailable', /Connect it/))
    masters.push({})
    await assert.rejects(store.read('key'), errorWith('invalid_option', /"allkeys-lru"/))
  })

  test('and passes on that it could not be asked', async () => {
    const loading = new Error('LOADING Redis is loading the dataset in memory')
    for (const reason of [loading, 'no error at all']) {
      const store = redisStore({ sendCommand: () => Promise.reject(reason) })
      await assert.rejects(store.read('key'), (error) => error === reason)
    }
  })
})

describe('redisStore refuses', () => {
  const client: RedisClient = { sendCommand: async () => 'maxmemory_policy:noeviction' }

  test('what is no client', () => {
    for (const wrong of [undefined, null, 5, 'redis://localhost', {}, new Map()]) {
      assert.throws(
        () => Reflect.apply(redisStore, undefined, [wrong]),
        errorWith('invalid_option', /^redisStore takes a client/),
      )
    }
  })

  test('options that it does not know', () => {
    for (const [wrong, message] of [
      [null, /takes an object/],
      [5, /takes an object/],
      [{ ttl: 5 }, /no option "ttl"/],
      [{ prefix: 5 }, /without braces/],
      [{ prefix: '' }, /without braces/],
      [{ prefix: '{app}:' }, /without braces/],
      [{ prefix: '\uD800' }, /without braces/],
    ] as const) {
      assert.throws(
        () => Reflect.apply(redisStore, undefined, [client, wrong]),
        errorWith('invalid_option', message),
      )
    }
  })

  test('clients that read from replicas (F-10)', (t) => {
    const lazy = { lazyConnect: true }
    const cluster = new Cluster(['redis://127.0.0.1:1'], { ...lazy, scaleReads: 'slave' })
    const sentinels = new Redis({ ...lazy, sentinels: [{ port: 1 }], name: 'any', role: 'slave' })
    t.after(() => [cluster, sentinels].map((each) => each.disconnect()))
    assert.throws(() => redisStore(cluster), errorWith('invalid_option', /scaleReads/))
    assert.throws(() => redisStore(sentinels), errorWith('invalid_option', /role/))
  })

  test('an answer that is no answer', async () => {
    const store = redisStore(client)
    await assert.rejects(store.write(aRow('key')), errorWith('store_unavailable', /did not answer a script/))
  })

  test('nobody, but asks the master, when node-redis speaks to sentinels (F-10)', async () => {
    const asked: unknown[] = []
    const client: NodeRedisSentinel = {
      getMasterNode: () => undefined,
      sendCommand: async (isReadonly, [name]) => {
        asked.push(isReadonly)
        return name === 'INFO' ? 'maxmemory_policy:noeviction' : null
      },
    }
    assert.equal(await redisStore(client).read('key'), null)
    assert.deepEqual(asked, [false, false])
    const sentinel = createSentinel({ name: 'any', sentinelRootNodes: [{ host: '127.0.0.1', port: 1 }] })
    assert.ok('getMasterNode' in sentinel)
  })
})
