import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../../../scripts/servers/ports.ts'

/** What the network between a node and its store does. */
export type Weather =
  /** Every byte arrives. */
  | 'fair'
  /** No connection is taken, and those that were there are closed. */
  | 'refuse'
  /** Connections are taken, and nothing more is ever heard. */
  | 'stall'
  /** Nothing arrives while it lasts, and everything afterwards. */
  | 'freeze'
  /** A reply breaks off after its first bytes. */
  | 'cut'
  /** Replies are noise. */
  | 'garbage'
  /** Replies come late, some of them too late, and now and then a connection breaks. */
  | 'rough'

const NOISE = Buffer.from(Array.from({ length: 64 }, (_, index) => (index * 89 + 7) % 256))

/** Milliseconds by which replies are late in rough weather, one after the other: no two clients find the same. */
const DELAYS: readonly number[] = [0, 200, 0, 50, 1_300, 0, 0, 400, 20, 0, 900, 100]
/** Of so many replies in rough weather one breaks its connection. */
const PER_BREAK = 100

interface Address {
  readonly host: string
  readonly port: number
}

/** Stands between an application and its server, and loses what it is told to lose. */
export class FaultyNetwork {
  readonly #server: Server
  readonly #target: Address
  readonly #open = new Set<Socket>()
  #port = 0
  #weather: Weather = 'fair'
  /** For each client the reply before, as none overtakes another. */
  readonly #late = new WeakMap<Socket, Promise<void>>()
  #replies = 0
  /** How many connections were taken so far. */
  accepted = 0
  /** The most connections that were open at once. */
  mostOpen = 0

  constructor(target: Address) {
    this.#target = target
    this.#server = createServer((client) => this.#accept(client))
  }

  /** On a port that nobody else takes while connections to it are refused. */
  async listen(): Promise<number> {
    this.#port = await freePort()
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    return this.#port
  }

  /** A server that comes back has lost its connections, unless it, or the way to it, was only frozen. */
  turn(weather: Weather): void {
    const before = this.#weather
    this.#weather = weather
    if (weather === 'freeze') for (const socket of this.#open) socket.pause()
    if (weather === 'refuse') this.close()
    if (weather !== 'fair') return
    if (before === 'refuse') this.#server.listen(this.#port, '127.0.0.1')
    if (before !== 'freeze') this.#closeAll()
    else for (const socket of this.#open) socket.resume()
  }

  close(): void {
    this.#server.close()
    this.#closeAll()
  }

  #closeAll(): void {
    for (const socket of this.#open) socket.destroy()
  }

  #accept(client: Socket): void {
    this.accepted++
    const upstream = connect(this.#target)
    this.#track(client, upstream)
    this.#track(upstream, client)
    this.mostOpen = Math.max(this.mostOpen, this.#open.size / 2)
    client.on('data', (bytes) => this.#weather !== 'stall' && upstream.write(bytes))
    upstream.on('data', (bytes) => this.#reply(client, bytes))
    if (this.#weather === 'freeze') for (const socket of [client, upstream]) socket.pause()
  }

  #track(socket: Socket, other: Socket): void {
    this.#open.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#open.delete(socket)
      other.destroy()
    })
  }

  #reply(client: Socket, bytes: Buffer): void {
    if (this.#weather === 'fair') client.write(bytes)
    if (this.#weather === 'garbage') client.write(NOISE)
    if (this.#weather === 'cut') client.end(bytes.subarray(0, 3))
    if (this.#weather === 'rough') this.#late.set(client, this.#replyLate(client, bytes))
  }

  async #replyLate(client: Socket, bytes: Buffer): Promise<void> {
    const reply = this.#replies++
    const delay = sleep(DELAYS[reply % DELAYS.length], undefined, { ref: false })
    await Promise.all([this.#late.get(client), delay])
    if (reply % PER_BREAK === PER_BREAK - 1) client.destroy()
    else if (!client.destroyed) client.write(bytes)
  }
}

/** The ways to all nodes of a server, with one weather. */
export class FaultyNetworks {
  readonly #networks: readonly FaultyNetwork[]
  /** Where the application finds the nodes. */
  readonly urls: readonly string[]
  /** The same by what the nodes call themselves, as `host:port`. */
  readonly addresses: Readonly<Record<string, Address>>

  private constructor(networks: readonly FaultyNetwork[], targets: readonly URL[], ports: readonly number[]) {
    this.#networks = networks
    this.urls = targets.map((target, index) => withPort(target, ports[index] ?? 0))
    this.addresses = Object.fromEntries(
      targets.map(({ host }, index) => [host, { host: '127.0.0.1', port: ports[index] ?? 0 }]),
    )
  }

  /** To the nodes at these URLs, separated by commas. */
  static async to(urls: string): Promise<FaultyNetworks> {
    const targets = urls.split(',').map((url) => new URL(url))
    const networks = targets.map(
      ({ hostname, port }) => new FaultyNetwork({ host: hostname, port: Number(port) }),
    )
    const ports = await Promise.all(networks.map((network) => network.listen()))
    return new FaultyNetworks(networks, targets, ports)
  }

  turn(weather: Weather): void {
    for (const network of this.#networks) network.turn(weather)
  }

  get accepted(): number {
    return this.#networks.reduce((sum, { accepted }) => sum + accepted, 0)
  }

  /** The most connections that were open at once to any of the nodes. */
  get mostOpen(): number {
    return Math.max(...this.#networks.map(({ mostOpen }) => mostOpen))
  }

  close(): void {
    for (const network of this.#networks) network.close()
  }
}

function withPort(target: URL, port: number): string {
  const url = new URL(target)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  return url.href
}
