import { type Entry, PEER } from './contestants.ts'
import { logIn } from './logins.ts'
import type { Plan } from './plan.ts'
import { Host, LoadGenerator } from './processes.ts'
import type { LoadResult } from './protocol.ts'
import { isServerStore, type Stores } from './stores.ts'
import type { TripCounter } from './trips.ts'

/** What one contestant did in one slot. Costs are for each request. */
export interface Measurement {
  readonly id: string
  readonly round: number
  readonly connections: number
  /** Microseconds of the server's own CPU, user and system. */
  readonly cpu: number
  readonly requestsPerSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly trips: number
  readonly writes: number
  readonly setCookieBytes: number
}

/** Of one login. */
export interface LoginCost {
  readonly trips: number
  /** Passwords hashed. */
  readonly hashes: number
}

/** A contestant that is up and has all its users logged in. */
interface Started {
  readonly entry: Entry
  readonly host: Host
  readonly counter: TripCounter
  readonly cookies: readonly string[]
}

/** How long a load lasts, or how many requests. */
type Limit = { readonly milliseconds: number } | { readonly requests: number }

/** Until the compiler has seen all it wants to see: with a tenth of it what was measured was the compiler. */
const WARM_UP_REQUESTS = 40_000
const SINGLE_REQUESTS = 500
const UNLIMITED = 1_000_000_000

/** All contestants side by side, one working at a time. */
export class Race {
  readonly #stores: Stores
  readonly #plan: Plan
  readonly #generator = new LoadGenerator()
  readonly #started: Started[] = []
  readonly #logins = new Map<string, LoginCost>()

  constructor(stores: Stores, plan: Plan) {
    this.#stores = stores
    this.#plan = plan
  }

  /** By contestant. */
  get logins(): ReadonlyMap<string, LoginCost> {
    return this.#logins
  }

  /** Starts a contestant, logs its users in, and lets the compiler see its work. */
  async add(entry: Entry): Promise<void> {
    const work = await this.#stores.workFor(entry)
    const host = await Host.start(entry, work)
    // The first creates tables and the like, which is not what a login costs.
    const cookies = await logIn(host.port, 1)
    const counter = this.#stores.counterOf(entry, work, host)
    const others = entry.sessions - 1
    const hashesBefore = await host.hashes()
    const trips = await counter.during(async () => cookies.push(...(await logIn(host.port, others))))
    const hashes = (await host.hashes()) - hashesBefore
    this.#logins.set(entry.id, { trips: trips / others, hashes: hashes / others })
    const started = { entry, host, counter, cookies }
    this.#started.push(started)
    await this.#work(started, 32, { requests: WARM_UP_REQUESTS })
  }

  async *run(round: number): AsyncGenerator<Measurement> {
    for (const connections of this.#plan.connections) {
      for (const started of shuffled(this.#places())) {
        yield await this.#measure(started, round, connections, { milliseconds: this.#plan.slot })
      }
    }
  }

  /** One request at a time, to see what the coalescing of reads does not hide: the round trips. */
  async *runSingly(): AsyncGenerator<Measurement> {
    const withServer = this.#started.filter(({ entry }) => isServerStore(entry.store))
    for (const started of withServer) yield await this.#measure(started, 1, 1, { requests: SINGLE_REQUESTS })
  }

  async stop(): Promise<void> {
    await Promise.all([this.#generator.stop(), ...this.#started.map(({ host }) => host.stop())])
  }

  /** Those with which all others are compared work three times in a round: their noise would be everybody's. */
  #places(): Started[] {
    const bases = new Set(this.#started.map(({ entry }) => entry.base))
    const compared = this.#started.filter(({ entry }) => bases.has(entry.id) || entry.id === PEER)
    return [...this.#started, ...compared, ...compared]
  }

  async #measure(started: Started, round: number, connections: number, limit: Limit): Promise<Measurement> {
    const { entry, host, counter, cookies } = started
    // Each session is seen once before: what is written once a minute is not steady state, nor is a cold cache.
    await this.#work(started, connections, { requests: cookies.length })
    const before = await counter.now()
    const cpuBefore = host.cpu
    const result = await this.#work(started, connections, limit)
    const cpu = host.cpu - cpuBefore
    const after = await counter.now()
    return {
      id: entry.id,
      round,
      connections,
      cpu: cpu / result.requests,
      requestsPerSecond: (result.requests * 1_000) / result.milliseconds,
      p50: result.p50,
      p99: result.p99,
      trips: (after.queries - before.queries) / result.requests,
      writes: (after.writes - before.writes) / result.requests,
      setCookieBytes: result.setCookieBytes / result.requests,
    }
  }

  async #work({ entry, host, cookies }: Started, connections: number, limit: Limit): Promise<LoadResult> {
    const unlimited = { milliseconds: UNLIMITED, requests: UNLIMITED }
    const result = await this.#generator.run({
      port: host.port,
      cookies,
      connections,
      ...unlimited,
      ...limit,
    })
    if (result.failures > 0) throw new Error(`${entry.id}: ${result.failures} requests failed`)
    return result
  }
}

/** In another order each time, so that no contestant always follows the same one. */
function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item)
}
