import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'

export interface Message {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly json?: unknown
  readonly form?: Readonly<Record<string, string>>
}

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** One request over a real socket, with the path exactly as given. */
export function send(origin: string, path: string, message: Message = {}): Promise<Reply> {
  const { protocol, hostname, port } = new URL(origin)
  const { method = 'GET', headers = {} } = message
  const { body, type } = bodyOf(message)
  // Without it Node sends the body of a GET as if it were the next request.
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
  const options = {
    hostname,
    port,
    path,
    method,
    headers: { ...type, ...length, ...headers },
    rejectUnauthorized: false,
  }
  return new Promise((resolve, reject) => {
    const outgoing = (protocol === 'https:' ? httpsRequest : httpRequest)(options, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('error', reject)
      incoming.on('end', () => {
        const { statusCode = 0, headers } = incoming
        resolve({ status: statusCode, headers, body: Buffer.concat(chunks).toString() })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function bodyOf({ json, form }: Message): { body?: string; type?: Record<string, string> } {
  if (json !== undefined) {
    const body = typeof json === 'string' ? json : JSON.stringify(json)
    return { body, type: { 'content-type': 'application/json' } }
  }
  if (form === undefined) return {}
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  return { body: new URLSearchParams({ ...form }).toString(), type }
}

export function json(reply: Reply): unknown {
  return JSON.parse(reply.body)
}

/** Status and parsed body, for one comparison of both. */
export function answer(reply: Reply): [number, unknown] {
  return [reply.status, json(reply)]
}

export interface SetCookie {
  readonly name: string
  readonly value: string
  /** Lower-case attribute names with their values. */
  readonly attributes: ReadonlyMap<string, string>
}

export function setCookiesOf({ headers }: Reply): SetCookie[] {
  return (headers['set-cookie'] ?? []).map((line) => {
    const [pair = '', ...rest] = line.split('; ')
    const [name = '', value = ''] = pair.split('=')
    const attributes = rest.map((attribute): [string, string] => {
      const [key = '', text = ''] = attribute.split('=')
      return [key.toLowerCase(), text]
    })
    return { name, value, attributes: new Map(attributes) }
  })
}

/** A client that keeps cookies for as long as the server says, without judging their attributes. */
export class Browser {
  readonly #origin: string
  readonly jar = new Map<string, string>()

  constructor(origin: string, cookies: Iterable<readonly [string, string]> = []) {
    this.#origin = origin
    for (const [name, value] of cookies) this.jar.set(name, value)
  }

  /** The Cookie header of the next request. */
  get cookie(): string {
    return [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  async send(path: string, message: Message = {}): Promise<Reply> {
    const cookies: Record<string, string> = this.jar.size > 0 ? { cookie: this.cookie } : {}
    const reply = await send(this.#origin, path, { ...message, headers: { ...cookies, ...message.headers } })
    for (const { name, value, attributes } of setCookiesOf(reply)) {
      if (attributes.get('max-age') === '0') this.jar.delete(name)
      else this.jar.set(name, value)
    }
    return reply
  }

  get(path: string, headers: Message['headers'] = {}): Promise<Reply> {
    return this.send(path, { headers })
  }

  post(path: string, body?: unknown, headers: Message['headers'] = {}): Promise<Reply> {
    return this.send(path, { method: 'POST', headers, ...(body === undefined ? {} : { json: body }) })
  }

  /** Another browser with the same cookies, as somebody who copied them has. */
  copy(): Browser {
    return new Browser(this.#origin, this.jar)
  }

  /** Another browser, of somebody who has never been here. */
  stranger(): Browser {
    return new Browser(this.#origin)
  }
}

/** All of these at the same time, each over a socket of its own. */
export function times<T>(count: number, run: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => run(index)))
}
