/**
 * A Sentinel fail-over under load, too slow for every run:
 * `node --conditions=latchstring-source --test packages/latchstring/test/redis-failover.nightly.ts`
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createClient, createSentinel } from 'redis'
import { KINDS } from '../../../scripts/servers/kinds.ts'
import { provideServers } from '../../../scripts/servers.ts'
import type { Store } from '../src/core/types.ts'
import { type RedisClient, redisStore } from '../src/stores/redis.ts'
import { aRow, eventually } from './redis-support.ts'

/** As scripts/servers/redisSentinel.ts calls it. */
const MASTER_NAME = 'latchstring'

interface Address {
  readonly host: string
  readonly port: number
}

type Open = (t: TestContext, sentinels: Address[]) => Promise<RedisClient>

const DRIVERS: Readonly<Record<string, Open>> = {
  'node-redis': async (t, sentinels) => {
    const client = createSentinel({ name: MASTER_NAME, sentinelRootNodes: sentinels })
    client.on('error', () => {})
    t.after(() => client.destroy())
    await client.connect()
    return client
  },
  ioredis: async (t, sentinels) => {
    const client = new Redis({ name: MASTER_NAME, sentinels })
    client.on('error', () => {})
    t.after(() => client.disconnect())
    return client
  },
}

async function startSentinels(t: TestContext): Promise<Address[]> {
  const servers = await provideServers(['redis-sentinel'], {})
  t.after(() => servers.stop())
  const urls = servers.environment[KINDS['redis-sentinel'].variable] ?? ''
  assert.notEqual(urls, '', 'redis-server is not installed')
  return urls.split(',').map((url) => ({ host: '127.0.0.1', port: Number(new URL(url).port) }))
}

async function killMaster(sentinel: Address | undefined): Promise<void> {
  const client = await createClient({ socket: { port: sentinel?.port ?? 0 } }).connect()
  const found = await client.sendCommand(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', MASTER_NAME])
  client.destroy()
  assert.ok(Array.isArray(found))
  const master = createClient({ socket: { port: Number(found[1]), reconnectStrategy: false } })
  master.on('error', () => {})
  await master.connect()
  await master.sendCommand(['SHUTDOWN', 'NOSAVE', 'FORCE']).catch(() => {})
}

/** With the limit that the engine sets. */
function within<T>(answer: Promise<T>): Promise<T> {
  const tooLate = sleep(1_000, null, { ref: false }).then(() => Promise.reject(new Error('no answer')))
  return Promise.race([answer, tooLate])
}

/** Tells how long the store did not answer. */
async function outage(store: Store): Promise<number> {
  const began = performance.now()
  await eventually(() => assert.rejects(within(store.write(aRow(`probe ${performance.now()}`)))))
  await eventually(async () => {
    assert.equal(await within(store.write(aRow(`probe ${performance.now()}`))), true)
  })
  return performance.now() - began
}

for (const [driver, open] of Object.entries(DRIVERS)) {
  test(`the store works again after a fail-over, by ${driver}`, { timeout: 60_000 }, async (t) => {
    const sentinels = await startSentinels(t)
    const store = redisStore(await open(t, sentinels))
    for (let index = 0; index < 100; index++) await store.write(aRow(`key ${index}`))
    assert.equal(await store.remove(['key 99']), 1)
    // Long enough for the replica to have it all: what it has not is lost, and that is no fault of the store.
    await sleep(500)
    await killMaster(sentinels[0])
    t.diagnostic(`no answer for ${Math.round(await outage(store))} ms`)

    assert.equal(await store.read('key 99'), null)
    assert.equal(await store.write(aRow('key 99', { version: 2 })), false)
    const listed = (await store.list('user')).filter(({ key }) => key.startsWith('key'))
    assert.equal(listed.length, 99)
    assert.equal(await store.write(aRow('key 0', { version: 2 })), true, 'scripts are there again')
    assert.equal(await store.remove(listed.map(({ key }) => key)), 99)
  })
}
