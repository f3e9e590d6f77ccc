import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** What the network between a node and its store does. */
export type Weather =
  /** Every byte arrives. */
  | 'fair'
  /** Connections are closed as soon as they are open, and so are those that were open before. */
  | 'refuse'
  /** Connections are taken, and nothing more is ever heard. */
  | 'stall'
  /** A reply breaks off after its first bytes. */
  | 'cut'
  /** Replies are noise. */
  | 'garbage'

const NOISE = Buffer.from(Array.from({ length: 64 }, (_, index) => (index * 89 + 7) % 256))

/** Stands between an application and its server, and loses what it is told to lose. */
export class FaultyNetwork {
  readonly #server: Server
  readonly #target: { host: string; port: number }
  readonly #open = new Set<Socket>()
  #weather: Weather = 'fair'
  /** The most connections that were open at once. */
  mostOpen = 0

  constructor(target: { host: string; port: number }) {
    this.#target = target
    this.#server = createServer((client) => this.#accept(client))
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** Connections from before a change are lost, unless they only stall from now on. */
  set weather(weather: Weather) {
    this.#weather = weather
    if (weather === 'fair' || weather === 'refuse') this.#closeAll()
  }

  close(): void {
    this.#server.close()
    this.#closeAll()
  }

  #closeAll(): void {
    for (const socket of this.#open) socket.destroy()
  }

  #accept(client: Socket): void {
    if (this.#weather === 'refuse') {
      client.destroy()
      return
    }
    const upstream = connect(this.#target)
    this.#track(client, upstream)
    this.#track(upstream, client)
    this.mostOpen = Math.max(this.mostOpen, this.#open.size / 2)
    client.on('data', (bytes) => this.#weather !== 'stall' && upstream.write(bytes))
    upstream.on('data', (bytes) => this.#reply(client, bytes))
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
  }
}
