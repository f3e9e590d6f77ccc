import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { assertForgets, BusLog, until } from '../../test/bus-listener.ts'
import { describeWith } from '../../test/servers.ts'
import { LatchstringError } from '../core/errors.ts'
import { cached } from './cached.ts'
import { memoryStore } from './memory.ts'
import { type RedisPublisher, type RedisSubscriber, redisBus } from './redisBus.ts'

/** A client of either library, and how to end it and to break its connection. */
interface Client {
  readonly publisher: RedisPublisher
  readonly subscriber: RedisSubscriber
  /** Cuts the connection that subscribes, from the server's side. */
  cut(): Promise<void>
  /** Ends the connection that subscribes for good. */
  quit(): Promise<void>
  quitPublisher(): Promise<void>
}

let names = 0

async function nodeRedis(t: TestContext, url: string): Promise<Client> {
  const name = `bus-${process.pid}-${names++}`
  const options = { url, socket: { reconnectStrategy: 20 } }
  const publisher = createClient(options)
  const subscriber = createClient({ ...options, name })
  for (const client of [publisher, subscriber]) {
    client.on('error', () => {})
    await client.connect()
    t.after(() => {
      if (client.isOpen) client.destroy()
    })
  }
  return {
    publisher,
    subscriber,
    cut: () => kill(publisher, name),
    quit: async () => subscriber.destroy(),
    quitPublisher: async () => publisher.destroy(),
  }
}

interface Commander {
  sendCommand(command: string[]): Promise<unknown>
}

async function kill(client: Commander, name: string): Promise<void> {
  const list = String(await client.sendCommand(['CLIENT', 'LIST']))
  const line = list.split('\n').find((candidate) => candidate.includes(` name=${name} `)) ?? ''
  const [, id = ''] = /^id=(\d+)/.exec(line) ?? []
  await client.sendCommand(['CLIENT', 'KILL', 'ID', id])
}

async function ioredis(t: TestContext, url: string): Promise<Client> {
  const connectionName = `bus-${process.pid}-${names++}`
  const options = { retryStrategy: () => 20 }
  const publisher = new Redis(url, options)
  const subscriber = new Redis(url, { ...options, connectionName })
  const killer = await createClient({ url }).connect()
  for (const client of [publisher, subscriber]) {
    client.on('error', () => {})
    t.after(() => client.disconnect())
  }
  t.after(() => killer.destroy())
  await until(() => publisher.status === 'ready', 'the publisher is ready')
  return {
    publisher,
    subscriber,
    cut: () => kill(killer, connectionName),
    quit: async () => subscriber.disconnect(),
    quitPublisher: async () => {
      publisher.disconnect()
      await until(() => publisher.status === 'end', 'the publisher has ended')
    },
  }
}

const LIBRARIES = { 'node-redis': nodeRedis, ioredis }

for (const [library, connect] of Object.entries(LIBRARIES)) {
  describeWith('redis', `redisBus with ${library}`, (url) => {
    const channelOf = (t: TestContext) => `${t.name} ${process.pid}`

    async function start(t: TestContext) {
      const client = await connect(t, url)
      const bus = redisBus(client.publisher, client.subscriber, channelOf(t))
      const log = new BusLog()
      const stop = await bus.subscribe(log)
      t.after(stop)
      await until(() => log.isUp, 'the bus is connected')
      return { ...client, bus, log, stop }
    }

    test('tells the others which keys have changed, and not itself', async (t) => {
      const [near, far] = [await start(t), await start(t)]
      await near.bus.publish(['a', 'b\0 "c" ü😀'])
      await far.bus.publish(['d'])
      await until(() => near.log.keys.length > 0 && far.log.keys.length > 1, 'both have heard')
      assert.deepEqual(far.log.keys, ['a', 'b\0 "c" ü😀'])
      assert.deepEqual(near.log.keys, ['d'])
    })

    test('takes many keys at once', async (t) => {
      const [near, far] = [await start(t), await start(t)]
      const keys = Array.from({ length: 5_000 }, (_, index) => `key ${index}`.padEnd(43, '-'))
      await near.bus.publish(keys)
      await until(() => far.log.keys.length === keys.length, 'all have arrived')
      assert.deepEqual(far.log.keys, keys)
    })

    test('hears neither other channels nor what is no message of a bus', async (t) => {
      const near = await start(t)
      const other = await connect(t, url)
      const elsewhere = redisBus(other.publisher, other.subscriber, 'another channel')
      await elsewhere.publish(['elsewhere'])
      for (const garbage of ['', 'text', '{}', '1', 'null', '[]', '["origin"]', '["origin",1,null]']) {
        await other.publisher.publish(channelOf(t), garbage)
      }
      await redisBus(other.publisher, other.subscriber, channelOf(t)).publish(['last'])
      await until(() => near.log.keys.length > 0, 'the last has arrived')
      assert.deepEqual(near.log.keys, ['last'])
    })

    test('says at once that the connection dropped, and comes back by itself', async (t) => {
      const [near, far] = [await start(t), await start(t)]
      await near.cut()
      await until(() => near.log.states.includes('down'), 'the drop is noticed')
      await until(() => near.log.isUp, 'the bus is connected again')
      await far.bus.publish(['after'])
      await until(() => near.log.keys.length > 0, 'messages come through again')
      assert.deepEqual(near.log.keys, ['after'])
      assert.equal(near.log.states[0], 'up')
    })

    test('is down for good when the client is ended', async (t) => {
      const near = await start(t)
      await near.quit()
      await until(() => !near.log.isUp, 'the end is noticed')
    })

    test('refuses at once to publish without a connection', async (t) => {
      const near = await start(t)
      await near.quitPublisher()
      await turn()
      await assert.rejects(near.bus.publish(['a']), { code: 'store_unavailable' })
    })

    test('hears nothing more once it has stopped', async (t) => {
      const [near, far] = [await start(t), await start(t)]
      near.stop()
      await far.bus.publish(['a'])
      await near.bus.publish(['b'])
      await until(() => far.log.keys.length > 0, 'the other still hears')
      // Not before it is connected again: node-redis leaves a socket open when it is destroyed in between.
      const isBack = new Promise((resolve) => near.subscriber.on('ready', resolve))
      await near.cut()
      await isBack
      assert.deepEqual(near.log.keys, [])
      assert.deepEqual(near.log.states, ['up'])
    })

    test('S-12: a session that one process removes is gone in another one, in milliseconds', async (t) => {
      const [near, far] = [await start(t), await start(t)]
      near.stop()
      far.stop()
      const store = memoryStore()
      const busOf = ({ publisher, subscriber }: Client) => redisBus(publisher, subscriber, channelOf(t))
      const [here, there] = [cached(store, { bus: busOf(near) }), cached(store, { bus: busOf(far) })]
      t.after(() => here.close())
      t.after(() => there.close())
      await assertForgets(here, there)
    })
  })
}

/** A subscriber whose answers a test gives. */
class FakeClient extends EventEmitter {
  isReady = true
  answers: PromiseWithResolvers<void>[] = []
  async publish(): Promise<void> {}
  async unsubscribe(): Promise<void> {
    throw new Error('not connected')
  }
  subscribe(): Promise<void> {
    const answer = Promise.withResolvers<void>()
    this.answers.push(answer)
    return answer.promise
  }
}

describe('redisBus', () => {
  test('is not connected by the answer to an earlier connection', async () => {
    const client = new FakeClient()
    const log = new BusLog()
    const subscribed = redisBus(client, client).subscribe(log)
    client.emit('end')
    client.answers[0]?.resolve()
    await subscribed
    assert.deepEqual(log.states, ['down'])
    client.emit('ready')
    client.answers[1]?.resolve()
    await turn()
    assert.deepEqual(log.states, ['down', 'up'])
  })

  test('takes an error that the client survives for no drop', async () => {
    const client = new FakeClient()
    client.on('error', () => {})
    const log = new BusLog()
    const subscribed = redisBus(client, client).subscribe(log)
    client.answers[0]?.resolve()
    await subscribed
    client.emit('error', new Error('of some command'))
    assert.deepEqual(log.states, ['up'])
    client.isReady = false
    client.emit('error', new Error('of the connection'))
    assert.deepEqual(log.states, ['up', 'down'])
  })

  test('leaves the errors of the client to the application', async () => {
    const client = new FakeClient()
    const subscribed = redisBus(client, client).subscribe(new BusLog())
    client.answers[0]?.resolve()
    await subscribed
    assert.throws(() => client.emit('error', new Error('nobody listens')), /nobody listens/)
  })

  test('waits for a client that is not connected yet', async () => {
    const client = new FakeClient()
    client.isReady = false
    const log = new BusLog()
    const stop = await redisBus(client, client).subscribe(log)
    assert.deepEqual(log.states, [])
    client.isReady = true
    client.emit('ready')
    client.answers[0]?.resolve()
    await turn()
    assert.deepEqual(log.states, ['up'])
    stop()
    assert.equal(client.eventNames().length, 0)
  })

  test('says so when the server refuses the subscription, but not when the connection broke', async () => {
    const refused = new FakeClient()
    const rejection = assert.rejects(redisBus(refused, refused).subscribe(new BusLog()), (error) => {
      assert.ok(error instanceof LatchstringError)
      assert.equal(error.code, 'store_unavailable')
      return true
    })
    refused.answers[0]?.reject(new Error('NOPERM'))
    await rejection
    const broken = new FakeClient()
    const log = new BusLog()
    const subscribed = redisBus(broken, broken).subscribe(log)
    broken.isReady = false
    broken.answers[0]?.reject(new Error('closed'))
    await subscribed
    broken.isReady = true
    broken.emit('ready')
    broken.answers[1]?.reject(new Error('closed again'))
    await turn()
    assert.deepEqual(log.states, [])
  })

  test('serves one cached store', async () => {
    const client = new FakeClient()
    client.isReady = false
    const bus = redisBus(client, client)
    await bus.subscribe(new BusLog())
    await assert.rejects(bus.subscribe(new BusLog()), { code: 'invalid_option' })
  })

  test('refuses what is no client and what is no channel', () => {
    const client = new FakeClient()
    const refuse = (...values: unknown[]) =>
      assert.throws(() => Reflect.apply(redisBus, undefined, values), { code: 'invalid_option' })
    for (const wrong of [undefined, null, 'redis://', {}, { isReady: true }]) {
      refuse(wrong, client)
      refuse(client, wrong)
    }
    for (const channel of ['', 1, null]) refuse(client, client, channel)
  })
})
