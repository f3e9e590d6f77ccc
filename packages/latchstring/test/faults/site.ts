import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Auth, createAuth } from 'latchstring/express'
import type { Row, Store } from '../../src/core/types.ts'
import { fakeClock } from '../../src/testing/clock.ts'
import { Browser, type Reply } from '../http/client.ts'
import { createApp, listen } from '../http/server.ts'
import { eventually } from '../redis-support.ts'
import { createDatabase, serverUrl } from '../servers.ts'
import type { Client } from './clients.ts'
import { livedTime } from './livedTime.ts'
import { FaultyNetworks } from './proxy.ts'

/** Of one store call, in milliseconds. */
export const DEADLINE = 1_000
/** For everything else that a request takes. */
export const SLACK = 1_000

/** An application whose store is on the other side of a network that fails. */
export interface Site extends Application {
  readonly networks: FaultyNetworks
}

export interface Application {
  readonly origin: string
  /** What the engine asks of the store. */
  readonly calls: Calls
  readonly sessions: Auth['sessions']
}

export async function startSite(t: TestContext, client: Client): Promise<Site> {
  const networks = await FaultyNetworks.to(await freshUrl(t, client))
  t.after(() => networks.close())
  const { store, close } = await client.open(networks)
  // Tables are made before anybody waits for them.
  await store.read('')
  const application = await serve(t, store)
  t.after(() => Promise.race([close(), sleep(1_000, undefined, { ref: false })]))
  return { ...application, networks }
}

export async function serve(t: TestContext, store: Store): Promise<Application> {
  const calls = new Calls(store)
  const auth = createAuth({ store: calls, clock: fakeClock(), warn: () => {} })
  t.after(() => auth.close())
  return { origin: await listen(t, createApp(auth)), calls, sessions: auth.sessions }
}

async function freshUrl(t: TestContext, { kind }: Client): Promise<string> {
  if (kind !== 'postgres' && kind !== 'mysql') return serverUrl(kind) ?? ''
  const { url, drop } = await createDatabase(kind)
  t.after(drop)
  return url
}

/** Counts the calls that wait in a store and its driver. */
export class Calls implements Store {
  readonly #store: Store
  /** How many have neither been answered nor failed, be they given up or not. */
  waiting = 0

  constructor(store: Store) {
    this.#store = store
  }

  read(key: string): Promise<Row | null> {
    return this.#count(Promise.resolve(this.#store.read(key)))
  }

  write(row: Row): Promise<boolean> {
    return this.#count(this.#store.write(row))
  }

  remove(keys: readonly string[]): Promise<number> {
    return this.#count(this.#store.remove(keys))
  }

  list(userId: string): Promise<Row[]> {
    return this.#count(this.#store.list(userId))
  }

  purge(now: number): Promise<number> {
    return this.#count(this.#store.purge(now))
  }

  #count<T>(answer: Promise<T>): Promise<T> {
    this.waiting++
    return answer.finally(() => this.waiting--)
  }
}

export interface TimedReply {
  readonly reply: Reply
  /** By the time that the process has lived through. */
  readonly sentAt: number
  readonly answeredAt: number
}

export async function timed(request: () => Promise<Reply>): Promise<TimedReply> {
  const sentAt = livedTime()
  const reply = await request()
  return { reply, sentAt, answeredAt: livedTime() }
}

export function assertInTime({ sentAt, answeredAt }: TimedReply): void {
  const took = Math.round(answeredAt - sentAt)
  assert.ok(took < DEADLINE + SLACK, `answered after ${took} ms`)
}

/** Neither a log-out nor a login: nobody knows. */
export function assertUnknown(timedReply: TimedReply): void {
  const { status, headers, body } = timedReply.reply
  assert.equal(status, 503, body)
  assert.equal(headers['set-cookie'], undefined)
  assertInTime(timedReply)
}

/** As often as it takes: the test has not begun yet. */
export async function logIn(origin: string): Promise<Browser> {
  const browser = new Browser(origin)
  await eventually(async () => assert.equal((await browser.post('/login')).status, 200))
  await eventually(async () => assert.equal((await browser.get('/protected')).status, 200))
  return browser
}
