import type { Timers } from '../core/types.ts'
import { InputRefusal } from './inputRefusal.ts'

/** What this package uses of a request's stream, of HTTP/1 and HTTP/2 alike. */
export interface BodyStream {
  on(event: string, listener: (chunk?: unknown) => void): unknown
  off(event: string, listener: (chunk?: unknown) => void): unknown
  resume(): unknown
}

export interface BodyLimits {
  /** Bytes. */
  readonly limit: number
  /** Milliseconds for the whole body. */
  readonly timeout: number
  readonly timers: Timers
}

export const TOO_LARGE: InputRefusal = new InputRefusal(413, 'payload_too_large', 'The body is too large')
export const ABORTED: InputRefusal = new InputRefusal(400, 'invalid_body', 'The body did not arrive whole')
const TOO_SLOW = new InputRefusal(408, 'request_timeout', 'The body took too long to arrive')

/** Collects one body, or stops at what is too much, too slow or broken off. What comes after that is dropped. */
export class BodyReader {
  readonly #stream: BodyStream
  readonly #limits: BodyLimits
  readonly #result = Promise.withResolvers<Buffer | InputRefusal>()
  readonly #chunks: Uint8Array[] = []
  #size = 0

  constructor(stream: BodyStream, limits: BodyLimits) {
    this.#stream = stream
    this.#limits = limits
  }

  /** To be called once. Never rejects. */
  async read(): Promise<Buffer | InputRefusal> {
    const { timeout, timers } = this.#limits
    const cancel = timers.schedule(() => this.#result.resolve(TOO_SLOW), timeout)
    this.#stream.on('data', this.#take)
    this.#stream.on('end', this.#end)
    this.#stream.on('close', this.#abort)
    // Stays: an error that nobody listens to would end the process.
    this.#stream.on('error', this.#abort)
    this.#stream.resume()
    const result = await this.#result.promise
    cancel()
    this.#letGo()
    return result
  }

  readonly #take = (chunk: unknown): void => {
    const bytes = chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk))
    this.#size += bytes.byteLength
    if (this.#size > this.#limits.limit) this.#result.resolve(TOO_LARGE)
    else this.#chunks.push(bytes)
  }

  readonly #end = (): void => this.#result.resolve(Buffer.concat(this.#chunks))
  readonly #abort = (): void => this.#result.resolve(ABORTED)

  /** The stream goes on flowing, so that the client can finish and read the answer. */
  #letGo(): void {
    this.#stream.off('data', this.#take)
    this.#stream.off('end', this.#end)
    this.#stream.off('close', this.#abort)
    this.#chunks.length = 0
  }
}
