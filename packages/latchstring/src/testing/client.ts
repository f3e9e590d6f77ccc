import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { systemClock } from '../core/clock.ts'
import type { Clock } from '../core/types.ts'

export interface TestClientOptions {
  /** Port of the server on this machine. */
  readonly port: number
  /**
   * The origin that the browser believes to visit. Default: `http://localhost:<port>`. With an https origin the
   * requests say so as a proxy would, by `X-Forwarded-Proto`, so the server has to trust one proxy.
   */
  readonly origin?: string
  /** Whether http://localhost may set Secure cookies: so in Chrome and Firefox, not in Safari. Default `true`. */
  readonly trustsLocalhost?: boolean
  /** The clock by which cookies expire. */
  readonly clock?: Clock
}

export interface TestRequest {
  /** Sent as `application/json`. */
  readonly json?: unknown
  /** Sent as `application/x-www-form-urlencoded`. */
  readonly form?: Readonly<Record<string, string>>
  /** More headers; a `Cookie` here takes the place of the kept ones. */
  readonly headers?: Readonly<Record<string, string | string[]>>
}

export interface TestResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  /** Every Set-Cookie header, in order, also of cookies that the browser refuses. */
  readonly setCookies: readonly string[]
  readonly text: string
  /** The parsed body. @throws SyntaxError for a body that is no JSON. */
  readonly json: unknown
}

/** A cookie that the browser keeps. */
export interface KeptCookie {
  readonly value: string
  readonly path: string
  readonly isSecure: boolean
  readonly isHttpOnly: boolean
  readonly sameSite: string | null
  /** Milliseconds since the epoch; `null` until the browser is closed. */
  readonly expiresAt: number | null
}

/** A browser as far as cookies go: it keeps and sends them, and refuses those that browsers refuse. */
export interface TestClient {
  get(path: string, options?: TestRequest): Promise<TestResponse>
  post(path: string, options?: TestRequest): Promise<TestResponse>
  send(method: string, path: string, options?: TestRequest): Promise<TestResponse>
  /** The kept cookies by name; a test may change them. */
  readonly cookies: Map<string, KeptCookie>
  /** Closes the kept connections. */
  close(): void
}

/**
 * A browser-like client for tests. It follows no redirects, so that a test sees every response.
 *
 * @example
 * const client = testClient({ port })
 * await client.post('/login', { json: { username: 'anna', password } })
 * assert.equal((await client.get('/protected')).status, 200)
 */
export function testClient(options: TestClientOptions): TestClient {
  const browser = new Browser(options)
  return {
    get: (path, request) => browser.send('GET', path, request),
    post: (path, request) => browser.send('POST', path, request),
    send: (method, path, request) => browser.send(method, path, request),
    cookies: browser.cookies,
    close: () => browser.close(),
  }
}

class Browser {
  readonly cookies = new Map<string, KeptCookie>()
  readonly #port: number
  readonly #origin: URL
  readonly #trustsLocalhost: boolean
  readonly #clock: Clock
  readonly #agent = new Agent({ keepAlive: true })

  constructor(options: TestClientOptions) {
    this.#port = options.port
    this.#origin = new URL(options.origin ?? `http://localhost:${options.port}`)
    this.#trustsLocalhost = options.trustsLocalhost ?? true
    this.#clock = options.clock ?? systemClock
  }

  async send(method: string, path: string, options: TestRequest = {}): Promise<TestResponse> {
    const { type, body } = bodyOf(options)
    const headers = { ...this.#headersFor(path), ...type, ...options.headers }
    const response = await exchange(this.#port, { method, path, headers, agent: this.#agent }, body)
    for (const line of response.setCookies) this.#take(line, path)
    return response
  }

  close(): void {
    this.#agent.destroy()
  }

  #headersFor(path: string): Record<string, string> {
    const cookies = [...this.cookies].filter(([, cookie]) => this.#isSent(cookie, path))
    const cookie = cookies.map(([name, { value }]) => `${name}=${value}`).join('; ')
    return {
      Host: this.#origin.host,
      ...(this.#origin.protocol === 'https:' ? { 'X-Forwarded-Proto': 'https' } : {}),
      ...(cookie === '' ? {} : { Cookie: cookie }),
    }
  }

  #isSent({ expiresAt, isSecure, path }: KeptCookie, requestPath: string): boolean {
    const isAlive = expiresAt === null || this.#clock() < expiresAt
    return isAlive && (!isSecure || this.#isTrustworthy()) && pathMatches(requestPath, path)
  }

  #isTrustworthy(): boolean {
    const { protocol, hostname } = this.#origin
    return protocol === 'https:' || (this.#trustsLocalhost && hostname === 'localhost')
  }

  #take(line: string, requestPath: string): void {
    const { name, attributes, cookie } = parseSetCookie(line, requestPath, this.#clock())
    if (cookie.isSecure && !this.#isTrustworthy()) return
    if (attributes.has('domain') && attributes.get('domain') !== this.#origin.hostname) return
    if (!prefixAllows(name, cookie, attributes)) return
    if (cookie.expiresAt !== null && cookie.expiresAt <= this.#clock()) this.cookies.delete(name)
    else this.cookies.set(name, cookie)
  }
}

/** The rules of the cookie name prefixes, RFC 6265bis section 4.1.3 and its successor. */
function prefixAllows(name: string, cookie: KeptCookie, attributes: ReadonlyMap<string, string>): boolean {
  const lower = name.toLowerCase()
  const isHost = attributes.get('path') === '/' && !attributes.has('domain')
  if (/^__(secure|host|http)-/.test(lower) && !cookie.isSecure) return false
  if (/^__(http|host-http)-/.test(lower) && !cookie.isHttpOnly) return false
  return !lower.startsWith('__host-') || isHost
}

interface SetCookie {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly cookie: KeptCookie
}

function parseSetCookie(line: string, requestPath: string, now: number): SetCookie {
  const [pair = '', ...rest] = line.split(';')
  const [name, value] = splitPair(pair)
  const attributes = new Map(
    rest.map(splitPair).map(([attribute, given]): [string, string] => [attribute.toLowerCase(), given]),
  )
  const cookie = {
    value,
    path: attributes.get('path') || requestPath.replace(/\/[^/]*$/, '') || '/',
    isSecure: attributes.has('secure'),
    isHttpOnly: attributes.has('httponly'),
    sameSite: attributes.get('samesite') ?? null,
    expiresAt: expiryOf(attributes, now),
  }
  return { name, attributes, cookie }
}

function splitPair(text: string): [name: string, value: string] {
  const equals = text.indexOf('=')
  return equals < 0 ? [text.trim(), ''] : [text.slice(0, equals).trim(), text.slice(equals + 1).trim()]
}

/** Max-Age wins over Expires. */
function expiryOf(attributes: ReadonlyMap<string, string>, now: number): number | null {
  const maxAge = attributes.get('max-age')
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return now + Number(maxAge) * 1000
  const expires = Date.parse(attributes.get('expires') ?? '')
  return Number.isNaN(expires) ? null : expires
}

function pathMatches(requestPath: string, cookiePath: string): boolean {
  const [path = '/'] = requestPath.split('?')
  return path === cookiePath || path.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`)
}

function bodyOf({ json, form }: TestRequest): { type: Record<string, string>; body: string | null } {
  if (json !== undefined) return { type: { 'Content-Type': 'application/json' }, body: JSON.stringify(json) }
  if (form === undefined) return { type: {}, body: null }
  return {
    type: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  }
}

interface Outgoing {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string | string[]>
  readonly agent: Agent
}

function exchange(port: number, outgoing: Outgoing, body: string | null): Promise<TestResponse> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, ...outgoing }, (response) => {
      collect(response).then(resolve, reject)
    })
    sent.on('error', reject)
    sent.end(body ?? undefined)
  })
}

async function collect(response: IncomingMessage): Promise<TestResponse> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  const { statusCode = 0, headers, rawHeaders } = response
  const setCookies = headers['set-cookie'] ?? []
  return {
    status: statusCode,
    headers,
    rawHeaders,
    setCookies,
    text,
    get json(): unknown {
      return JSON.parse(text)
    },
  }
}

/**
 * Sends bytes as they are, and returns what the server answers until it closes the connection: ask it to with
 * `Connection: close`. A text is sent, and the answer returned, one byte for each character (latin1).
 *
 * @example
 * await rawRequest(port, 'GET / HTTP/1.1\r\nHost: a\r\nCookie: a=\xa0\r\nConnection: close\r\n\r\n')
 */
export function rawRequest(port: number, bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const chunks: Buffer[] = []
    const finish = () => resolve(Buffer.concat(chunks).toString('latin1'))
    socket.on('data', (chunk) => chunks.push(chunk))
    // A server that refuses what it has not read to the end resets the connection after its answer.
    socket.on('error', (error) => (chunks.length > 0 ? finish() : reject(error)))
    socket.on('close', finish)
    socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  })
}
