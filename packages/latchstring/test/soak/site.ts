import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { type Auth, createAuth } from 'latchstring/express'
import { memoryStore } from 'latchstring/stores/memory'
import type { ExpressRequest } from '../../src/adapters/express/types.ts'
import type { Row, Store, Timers } from '../../src/core/types.ts'
import { type FakeClock, fakeClock, fakeTimers } from '../../src/testing/clock.ts'

/** Timers of which is known how many are waiting. */
export interface CountedTimers extends Timers {
  readonly waiting: () => number
}

function countedTimers(clock: FakeClock): CountedTimers {
  const timers = fakeTimers(clock)
  let waiting = 0
  const once = (cancel: () => void) => {
    let isOver = false
    return () => {
      if (!isOver) waiting--
      isOver = true
      cancel()
    }
  }
  return {
    waiting: () => waiting,
    schedule(run, milliseconds) {
      waiting++
      const done = once(
        timers.schedule(() => {
          done()
          run()
        }, milliseconds),
      )
      return done
    },
    repeat(run, milliseconds) {
      waiting++
      return once(timers.repeat(run, milliseconds))
    },
  }
}

/** A memory store that knows when each of its rows is over, and which sweeps it has seen. */
export class WatchedStore implements Store {
  readonly #rows = memoryStore()
  readonly #expiries = new Map<string, number>()
  #sweeping = 0
  sweeps = 0
  lastSweep = 0

  read(key: string): Row | null | Promise<Row | null> {
    return this.#rows.read(key)
  }

  async write(row: Row): Promise<boolean> {
    const isWritten = await this.#rows.write(row)
    if (isWritten) this.#expiries.set(row.key, row.expiresAt)
    return isWritten
  }

  async remove(keys: readonly string[]): Promise<number> {
    for (const key of keys) this.#expiries.delete(key)
    return this.#rows.remove(keys)
  }

  list(userId: string): Promise<Row[]> {
    return this.#rows.list(userId)
  }

  async purge(now: number): Promise<number> {
    this.#sweeping++
    const removed = await this.#rows.purge(now)
    this.#sweeping--
    this.sweeps++
    this.lastSweep = now
    return removed
  }

  get isSweeping(): boolean {
    return this.#sweeping > 0
  }

  get size(): number {
    return this.#expiries.size
  }

  /** How many rows are there that were over at the last sweep. Forgets the others that are over. */
  async leftOver(): Promise<number> {
    let left = 0
    for (const [key, expiresAt] of this.#expiries) {
      if (expiresAt > this.lastSweep) continue
      if ((await this.#rows.read(key)) === null) this.#expiries.delete(key)
      else left++
    }
    return left
  }
}

export interface Site {
  readonly auth: Auth
  readonly clock: FakeClock
  readonly timers: CountedTimers
  readonly store: WatchedStore
  /** One request, from its headers to the end of its response. Resolves with the token that it set, if any. */
  request(cookie: string | null, handle: Handler): Promise<string | null>
}

export type Handler = (request: ExpressRequest) => unknown

export const SWEEP_EVERY = 600_000

/** An application without sockets, on a clock that only the test moves. */
export function createSite(): Site {
  const clock = fakeClock()
  const [timers, store] = [countedTimers(clock), new WatchedStore()]
  const renewal = { every: '1h' } as const
  const auth = createAuth({ store, clock, timers, purgeEvery: SWEEP_EVERY, renewal, warn: () => {} })
  return { auth, clock, timers, store, request: (cookie, handle) => serve(auth, cookie, handle) }
}

async function serve(auth: Auth, cookie: string | null, handle: Handler): Promise<string | null> {
  const message = new IncomingMessage(new Socket())
  message.method = 'GET'
  message.url = '/'
  if (cookie !== null) message.headers.cookie = `latchstring=${cookie}`
  const request: ExpressRequest = message
  const response = new SunkResponse(message)
  await new Promise<void>((resolve, reject) => {
    auth.sessionMiddleware(request, response, (error) => (error === undefined ? resolve() : reject(error)))
  })
  await handle(request)
  response.end()
  await response.sent
  return tokenSetBy(response)
}

/** A response that nobody reads. The gate lets it end when the session is stored. */
class SunkResponse extends ServerResponse {
  readonly #sent = Promise.withResolvers<void>()

  get sent(): Promise<void> {
    return this.#sent.promise
  }

  override end(): this {
    this.#sent.resolve()
    return this
  }
}

function tokenSetBy(response: ServerResponse): string | null {
  const [set] = [response.getHeader('set-cookie') ?? []].flat().map(String)
  return /^latchstring=([^;]+)/.exec(set ?? '')?.[1] ?? null
}
