import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type ClientHttp2Session, createServer as createHttp2Server, connect as h2connect } from 'node:http2'
import { createRequire } from 'node:module'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import express from 'express'
import { type Auth, type AuthEvent, type AuthOptions, createAuth, type Row } from 'latchstring/express'
import type { ExpressRequest } from '../src/adapters/express/types.ts'
import type { StoreOperation } from '../src/core/events.ts'
import type { Store } from '../src/core/types.ts'
import { memoryStore } from '../src/stores/memory.ts'

export const express4: typeof express = createRequire(import.meta.url)('express4')

declare module 'latchstring' {
  interface SessionData {
    visits?: number
    box?: unknown
  }
}

export type Kind = 'node' | 'express' | 'express4' | 'http2'
export type Request = IncomingMessage & ExpressRequest & { session: Express.Request['session'] }
export type Handler = (request: Request, response: ServerResponse) => unknown

/** A store whose answers a test decides. It counts what it is asked. */
export interface ControlledStore extends Store {
  readonly calls: Record<StoreOperation, number>
  /** Takes the place of the next and all later calls of a method, until it is `null` again. */
  readonly replaced: { [K in keyof Store]?: Store[K] | null }
  /** Makes writes and removals wait. Resolves `reached` when one has come. */
  hold(): { readonly reached: Promise<void>; release(): void }
  rows(): Promise<number>
}

function controlledStore(inner: Store = memoryStore()): ControlledStore {
  const calls = { read: 0, write: 0, remove: 0, list: 0, purge: 0 }
  const replaced: ControlledStore['replaced'] = {}
  const keys = new Set<string>()
  let gate: Promise<void> | null = null
  let arrive: () => void = () => {}

  async function pass(): Promise<void> {
    if (gate === null) return
    arrive()
    await gate
  }

  return {
    calls,
    replaced,
    read: (key) => {
      calls.read++
      return (replaced.read ?? inner.read.bind(inner))(key)
    },
    write: (row) => {
      calls.write++
      keys.add(row.key)
      if (replaced.write) return replaced.write(row)
      return pass().then(() => inner.write(row))
    },
    remove: (removed) => {
      calls.remove++
      if (replaced.remove) return replaced.remove(removed)
      return pass().then(() => inner.remove(removed))
    },
    list: (userId) => {
      calls.list++
      return (replaced.list ?? inner.list.bind(inner))(userId)
    },
    purge: (now) => inner.purge(now),
    hold: () => {
      const { promise: reached, resolve } = Promise.withResolvers<void>()
      const { promise, resolve: open } = Promise.withResolvers<void>()
      arrive = resolve
      gate = promise
      const release = () => {
        gate = null
        open()
      }
      return { reached, release }
    },
    rows: async () => {
      const rows = await Promise.all([...keys].map((key) => inner.read(key)))
      return rows.filter((row: Row | null) => row !== null && row.expiresAt !== 0).length
    },
  }
}

export interface Running {
  readonly port: number
  readonly server: Server
  /** The server's ends of all connections so far. */
  readonly sockets: Socket[]
}

export async function listen(t: TestContext, server: Server): Promise<Running> {
  const sockets: Socket[] = []
  server.on('connection', (socket: Socket) => sockets.push(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const address = server.address() as AddressInfo
  return { port: address.port, server, sockets }
}

/** An application of one kind with one handler for everything; without `auth` as it would be on its own. */
export function serve(t: TestContext, kind: Kind, auth: Auth | null, handler: Handler): Promise<Running> {
  return listen(
    t,
    kind === 'node' || kind === 'http2' ? plain(kind, auth, handler) : framed(kind, auth, handler),
  )
}

function plain(kind: 'node' | 'http2', auth: Auth | null, handler: Handler): Server {
  const listener = (request: unknown, response: unknown) => {
    const [req, res] = [request as Request, response as ServerResponse]
    if (auth === null) handler(req, res)
    else auth.sessionMiddleware(req, res, () => handler(req, res))
  }
  return kind === 'node' ? createServer(listener) : createHttp2Server(listener)
}

function framed(kind: 'express' | 'express4', auth: Auth | null, handler: Handler): Server {
  const app = kind === 'express' ? express() : express4()
  app.disable('x-powered-by')
  if (auth !== null) app.use(auth.sessionMiddleware)
  app.use((req, res) => handler(req as unknown as Request, res))
  return createServer(app)
}

export interface TestAuth {
  readonly auth: Auth
  readonly store: ControlledStore
  readonly events: AuthEvent[]
  readonly warnings: string[]
}

export function testAuth(t: TestContext, options: AuthOptions = {}): TestAuth {
  const store = controlledStore(options.store)
  const events: AuthEvent[] = []
  const warnings: string[] = []
  const auth = createAuth({
    onEvent: (event) => events.push(event),
    warn: (line) => warnings.push(line),
    ...options,
    store,
  })
  t.after(() => auth.close())
  return { auth, store, events, warnings }
}

export interface ResponseHeaders {
  readonly [name: string]: unknown
  readonly vary?: unknown
}

export interface Got {
  readonly status: number
  readonly message: string
  /** Names in lower case, without Date and what the connection adds; Set-Cookie apart. */
  readonly headers: ResponseHeaders
  readonly setCookies: readonly string[]
  readonly body: Buffer
  readonly trailers: Record<string, unknown>
  /** Whether the response came to its proper end. */
  readonly isComplete: boolean
}

export interface Ask {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string | string[]>
  readonly body?: string
}

/** One request on its own connection. */
export function ask(kind: Kind, port: number, options: Ask = {}): Promise<Got> {
  return kind === 'http2' ? askHttp2(port, options) : askHttp1(port, options)
}

function askHttp1(port: number, { method = 'GET', path = '/', headers = {}, body }: Ask): Promise<Got> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('error', () => {})
      response.on('close', () => resolve(gotOf(response, Buffer.concat(chunks))))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

function gotOf(response: IncomingMessage, body: Buffer): Got {
  const {
    date: _,
    connection: __,
    'keep-alive': ___,
    'set-cookie': setCookies = [],
    ...headers
  } = response.headers
  return {
    status: response.statusCode ?? 0,
    message: response.statusMessage ?? '',
    headers,
    setCookies,
    body,
    trailers: response.trailers,
    isComplete: response.complete,
  }
}

async function askHttp2(port: number, options: Ask): Promise<Got> {
  const session = h2connect(`http://127.0.0.1:${port}`)
  try {
    return await askOn(session, options)
  } finally {
    session.destroy()
  }
}

export function askOn(session: ClientHttp2Session, options: Ask): Promise<Got> {
  const { method = 'GET', path = '/', headers = {}, body } = options
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': method, ':path': path, ...headers })
    const chunks: Buffer[] = []
    let head: Record<string, unknown> = {}
    let trailers: Record<string, unknown> = {}
    let isComplete = true
    stream.on('response', (given) => {
      head = given
    })
    stream.on('trailers', (given) => {
      trailers = given
    })
    stream.on('aborted', () => {
      isComplete = false
    })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', (error) => {
      isComplete = false
      if (head[':status'] === undefined) reject(error)
    })
    session.on('error', reject)
    stream.on('close', () => {
      const { ':status': status, date: _, 'set-cookie': setCookies = [], ...rest } = head
      resolve({
        status: Number(status ?? 0),
        message: '',
        // Without the symbol that Node adds.
        headers: Object.fromEntries(Object.entries(rest)),
        setCookies: [setCookies].flat() as string[],
        body: Buffer.concat(chunks),
        trailers: { ...trailers },
        isComplete: isComplete && stream.rstCode === 0,
      })
    })
    stream.end(body)
  })
}

/** Lets everything happen that does not wait for something else. */
export async function settle(turns = 5): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await nextTurn()
}

/** The cookies of ours in a response. */
export function ours(got: { readonly setCookies: readonly string[] }): string[] {
  return got.setCookies.filter((line) => /^(__Host-Http-)?latchstring=/.test(line))
}

export function others(got: { readonly setCookies: readonly string[] }): string[] {
  return got.setCookies.filter((line) => !/^(__Host-Http-)?latchstring=/.test(line))
}

/** The Cookie header that a browser would send after this response. */
export function cookieOf(got: { readonly setCookies: readonly string[] }): string {
  return ours(got)
    .map((line) => line.split(';', 1)[0] ?? '')
    .join('; ')
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : error
}

/** What a call throws, by its code. */
export function thrownBy(run: () => unknown): unknown {
  try {
    run()
    return null
  } catch (error) {
    return codeOf(error)
  }
}

/** Collects what nobody caught while a test runs. */
export function watchFailures(t: TestContext): unknown[] {
  const failures: unknown[] = []
  const note = (error: unknown) => failures.push(error)
  process.on('unhandledRejection', note)
  process.on('uncaughtExceptionMonitor', note)
  t.after(() => {
    process.off('unhandledRejection', note)
    process.off('uncaughtExceptionMonitor', note)
  })
  return failures
}
