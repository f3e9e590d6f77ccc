import assert from 'node:assert/strict'
import { createClient } from 'redis'
import { type NodeRedisClient, redisStore } from '../../src/stores/redis.ts'
import { type Filled, shareOut } from './fill.ts'
import { Stopwatch } from './measure.ts'
import { createPopulation, rowsOf } from './population.ts'

export interface FilledRedis extends Filled {
  /** What the server's memory grew by. */
  readonly bytes: number
  /** Runs a command around the store. */
  ask(...command: string[]): Promise<string>
}

const WRITES_AT_ONCE = 500

/** Through the store itself, into a database of its own: the client sends the commands of one tick in one packet. */
export async function fillRedis(
  url: string,
  database: number,
  seed: string,
  size: number,
): Promise<FilledRedis> {
  const client = await createClient({ url, database }).connect()
  const ask = async (...command: string[]) => String(await client.sendCommand(command))
  const close = async () => client.destroy()
  const waiting = new Stopwatch()
  const store = redisStore(timedClient(client, waiting))
  const population = await createPopulation(seed, size)
  const before = memoryIn(await ask('INFO', 'memory'))
  await shareOut(rowsOf(population), WRITES_AT_ONCE, async (row) => {
    assert.equal(await store.write(row), true)
  })
  const bytes = memoryIn(await ask('INFO', 'memory')) - before
  return { store, population, waiting, bytes, ask, close }
}

function timedClient(client: NodeRedisClient, stopwatch: Stopwatch): NodeRedisClient {
  return {
    sendCommand: (command, options) => stopwatch.time(() => client.sendCommand(command, options)),
  }
}

function memoryIn(info: string): number {
  return Number(/^used_memory:(\d+)/m.exec(info)?.[1])
}
