import type { NodeResponse } from './nodeResponse.ts'

/** Everything that Node refuses once the headers are out. */
const HEADER_METHODS = ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader'] as const

/** Makes a held response look like one whose headers were sent, so that nobody changes what was decided. */
export class ResponseFreeze {
  readonly #response: NodeResponse
  readonly #status: number
  readonly #restores: (() => void)[] = []

  constructor(response: NodeResponse) {
    this.#response = response
    this.#status = response.statusCode
    this.#override('headersSent', { get: () => true })
    for (const name of HEADER_METHODS) this.#override(name, { value: refuseHeaders, writable: true })
  }

  markEnded(): void {
    this.#override('writableEnded', { get: () => true })
  }

  end(): void {
    for (const restore of this.#restores.reverse()) restore()
    this.#response.statusCode = this.#status
  }

  #override(name: string, descriptor: PropertyDescriptor): void {
    const response = this.#response
    const before = Object.getOwnPropertyDescriptor(response, name)
    Object.defineProperty(response, name, { ...descriptor, configurable: true })
    this.#restores.push(() => {
      if (before === undefined) Reflect.deleteProperty(response, name)
      else Object.defineProperty(response, name, before)
    })
  }
}

/** @throws the error that Node has for headers that come too late. */
export function refuseHeaders(): never {
  const message = 'Cannot set headers after they are sent to the client'
  throw Object.assign(new Error(message), { code: 'ERR_HTTP_HEADERS_SENT' })
}
