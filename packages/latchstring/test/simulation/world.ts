import type { SessionEvent } from '../../src/core/events.ts'
import { Directory } from '../directory.ts'
import { FastRandom } from '../random/seeds.ts'
import { Node } from './node.ts'
import { Scheduler } from './scheduler.ts'
import { BROWSERS, NODES, type Settings, START, settingsOf, skewOf, Weather } from './settings.ts'
import { SimulatedBus } from './simulatedBus.ts'
import { Network, Rows } from './simulatedStore.ts'
import { type Moment, Truth } from './truth.ts'

export interface Browser {
  token: string | null
}

/** Everything that a schedule happens in. All of its chance comes from one seed. */
export class World {
  readonly random: FastRandom
  readonly settings: Settings
  readonly scheduler: Scheduler
  /** On the bus, and on the way back to browsers. */
  readonly weather: Weather
  /** Between the nodes and their store. */
  readonly storeWeather: Weather
  readonly network: Network
  readonly truth: Truth
  readonly rows: Rows = new Rows()
  readonly directory: Directory = new Directory()
  readonly browsers: readonly Browser[]
  readonly nodes: Node[]
  /** What happened, line by line, if it is to be told. */
  readonly log: string[] = []
  readonly #bus: SimulatedBus
  readonly #isTold: boolean
  #tokens = 0

  constructor(seed: number, isTold: boolean) {
    this.#isTold = isTold
    this.random = new FastRandom(seed)
    this.settings = settingsOf(this.random, seed)
    this.scheduler = new Scheduler(this.random, START)
    const { faultOnceIn, isStoreFair, resends } = this.settings
    this.weather = new Weather(this.random, faultOnceIn, false)
    this.storeWeather = new Weather(this.random, isStoreFair ? 0 : faultOnceIn, resends)
    this.network = new Network(this.scheduler, this.storeWeather)
    this.truth = new Truth(this.settings)
    this.#bus = new SimulatedBus(this.scheduler, this.weather)
    this.browsers = Array.from({ length: BROWSERS }, () => ({ token: null }))
    this.nodes = Array.from({ length: NODES }, () => this.startNode(skewOf(this.random)))
  }

  startNode(skew: number): Node {
    const { settings, scheduler, network, rows } = this
    const surroundings = {
      settings,
      scheduler,
      network,
      rows,
      bus: this.#bus,
      random: (size: number) => this.#nextBytes(size),
      credentialVersion: (user: string) => this.directory.version(user),
      onEvent: (event: SessionEvent) => this.#hear(event),
    }
    return new Node(surroundings, skew)
  }

  /** Whether nothing goes wrong for now. */
  set isFair(isFair: boolean) {
    this.weather.isFair = isFair
    this.storeWeather.isFair = isFair
  }

  moment(): Moment {
    return { step: this.scheduler.mark(), at: this.scheduler.now }
  }

  note(...words: readonly (string | null)[]): void {
    if (this.#isTold) this.log.push([this.scheduler.now - START, ...words].join(' '))
  }

  #hear(event: SessionEvent): void {
    this.note('event', event.type, 'sessionId' in event ? event.sessionId : '')
    if (event.type !== 'session.token_reused') return
    const session = this.truth.sessions.get(event.sessionId)
    if (session !== undefined) session.threats++
  }

  #nextBytes(size: number): Uint8Array {
    const bytes = Buffer.alloc(size)
    bytes.writeUInt32BE(++this.#tokens)
    return bytes
  }
}
