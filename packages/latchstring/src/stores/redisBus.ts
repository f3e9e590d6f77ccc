import { errorMonitor } from 'node:events'
import { LatchstringError } from '../core/errors.ts'
import { systemRandom } from '../core/random.ts'
import type { BusListener, InvalidationBus } from './_bus.ts'
import { decodeMessage, encodeMessages } from './_busMessage.ts'

export type { BusListener, InvalidationBus }

/** A client of node-redis, as far as the bus needs it. */
export interface NodeRedisPublisher {
  readonly isReady: boolean
  publish(channel: string, message: string): Promise<unknown>
}

export interface NodeRedisSubscriber extends RedisEvents {
  readonly isReady: boolean
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>
  unsubscribe(channel: string, listener: (message: string) => void): Promise<unknown>
}

/** A client of ioredis, as far as the bus needs it. */
export interface IoredisPublisher {
  readonly status: string
  publish(channel: string, message: string): Promise<unknown>
}

export interface IoredisSubscriber extends RedisEvents {
  readonly status: string
  subscribe(channel: string): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
}

export interface RedisEvents {
  on(event: string | symbol, listener: (...values: unknown[]) => void): unknown
  off(event: string | symbol, listener: (...values: unknown[]) => void): unknown
}

export type RedisPublisher = NodeRedisPublisher | IoredisPublisher
export type RedisSubscriber = NodeRedisSubscriber | IoredisSubscriber

const DEFAULT_CHANNEL = 'latchstring:invalidate'
/** Redis would take 512 MB; a message should not hold up the others. */
const MAX_BYTES = 65_536

/**
 * Tells the other processes over Redis' publish and subscribe which rows have changed, with clients of node-redis or
 * ioredis. A client that subscribes can do little else, so give the bus one of its own:
 * `publisher.duplicate()`. Connect the clients yourself, and listen to their `error` events.
 *
 * Applications that share a Redis server each need a `channel` of their own.
 *
 * @example
 * const store = cached(redisStore(client), { bus: redisBus(client, await client.duplicate().connect()) })
 */
export function redisBus(
  publisher: RedisPublisher,
  subscriber: RedisSubscriber,
  channel: string = DEFAULT_CHANNEL,
): InvalidationBus {
  if (!isClient(publisher, ['publish'])) throw wrong('a client of node-redis or ioredis to publish with')
  if (!isClient(subscriber, ['subscribe', 'unsubscribe', 'on', 'off']))
    throw wrong('a second client of node-redis or ioredis, to subscribe with')
  if (typeof channel !== 'string' || channel === '') throw wrong('a text as the channel')
  return new RedisBus(publisher, subscriber, channel)
}

class RedisBus implements InvalidationBus {
  readonly #publisher: RedisPublisher
  readonly #subscriber: RedisSubscriber
  readonly #channel: string
  /** Tells the messages of this bus from those of the others. */
  readonly #origin: string = Buffer.from(systemRandom(12)).toString('base64url')
  #listener: BusListener | null = null
  /** Counts the connections: an answer to the subscription on an earlier one says nothing about this one. */
  #connection = 0

  constructor(publisher: RedisPublisher, subscriber: RedisSubscriber, channel: string) {
    this.#publisher = publisher
    this.#subscriber = subscriber
    this.#channel = channel
  }

  async publish(keys: readonly string[]): Promise<void> {
    // The clients would queue the message until they are connected again, and the caller would wait for that.
    if (!isUp(this.#publisher)) throw unreachable('there is no connection to publish on')
    const messages = encodeMessages(this.#origin, keys, MAX_BYTES)
    await Promise.all(messages.map((message) => this.#publisher.publish(this.#channel, message)))
  }

  async subscribe(listener: BusListener): Promise<() => void> {
    if (this.#listener !== null) throw wrong('one cached store: make another bus for another store')
    this.#listener = listener
    for (const [event, react] of this.#reactions) this.#subscriber.on(event, react)
    if (isUp(this.#subscriber)) await this.#joinOrRefuse()
    return () => this.#leave()
  }

  readonly #lose = (): void => {
    this.#connection++
    this.#listener?.disconnected()
  }

  /** Clients also report errors that they survive. */
  readonly #loseIfDown = (): void => {
    if (!isUp(this.#subscriber)) this.#lose()
  }

  readonly #rejoin = (): void => {
    this.#join().catch(() => {
      // The connection broke again. The next one will be ready some time.
    })
  }

  /** node-redis calls it with a message, ioredis with a channel and a message. */
  readonly #receive = (...values: unknown[]): void => {
    const message = isIoredis(this.#subscriber) ? this.#messageOf(values) : values[0]
    const keys = decodeMessage(this.#origin, message)
    if (keys.length > 0) this.#listener?.invalidate(keys)
  }

  readonly #reactions: readonly [string | symbol, (...values: unknown[]) => void][] = [
    // A listener for `error` itself would hide from the application that it has none.
    [errorMonitor, this.#loseIfDown],
    ['close', this.#lose],
    ['reconnecting', this.#lose],
    ['end', this.#lose],
    ['ready', this.#rejoin],
    // Only ioredis emits it.
    ['message', this.#receive],
  ]

  #messageOf([channel, message]: unknown[]): unknown {
    return channel === this.#channel ? message : null
  }

  async #joinOrRefuse(): Promise<void> {
    try {
      await this.#join()
    } catch (cause) {
      // If the connection broke just now, it will be ready again. Else nobody would try a second time.
      if (!isUp(this.#subscriber)) return
      this.#leave()
      throw unreachable('the server refused the subscription', cause)
    }
  }

  /** Both clients subscribe again by themselves, but only the answer tells that no message is missed from here on. */
  async #join(): Promise<void> {
    const connection = ++this.#connection
    await this.#subscribe()
    if (connection === this.#connection) this.#listener?.connected()
  }

  #subscribe(): Promise<unknown> {
    const subscriber = this.#subscriber
    if (isIoredis(subscriber)) return subscriber.subscribe(this.#channel)
    return subscriber.subscribe(this.#channel, this.#receive)
  }

  #leave(): void {
    this.#connection++
    this.#listener = null
    for (const [event, react] of this.#reactions) this.#subscriber.off(event, react)
    this.#unsubscribe().catch(() => {
      // Without a connection there is no subscription either.
    })
  }

  async #unsubscribe(): Promise<void> {
    const subscriber = this.#subscriber
    if (isIoredis(subscriber)) await subscriber.unsubscribe(this.#channel)
    else await subscriber.unsubscribe(this.#channel, this.#receive)
  }
}

function isIoredis<T extends object>(client: T): client is Extract<T, { readonly status: string }> {
  return 'status' in client
}

function isUp(client: RedisPublisher | RedisSubscriber): boolean {
  return 'status' in client ? client.status === 'ready' : client.isReady
}

function isClient(value: unknown, methods: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (!('status' in value) && !('isReady' in value)) return false
  return methods.every((name) => typeof Reflect.get(value, name) === 'function')
}

function unreachable(what: string, cause?: unknown): LatchstringError {
  return new LatchstringError('store_unavailable', `The bus does not work: ${what}.`, { cause })
}

function wrong(wanted: string): LatchstringError {
  return new LatchstringError('invalid_option', `redisBus takes ${wanted}.`)
}
