import { createHmac } from 'node:crypto'
import type { TestContext } from 'node:test'
import express, { type Express, type RequestHandler } from 'express'
import real from 'express-session'
import ours, { type SessionOptions } from 'latchstring/express-session'
import { Browser, type Reply } from '../http/client.ts'
import { listen, newApp } from '../http/server.ts'

declare module 'latchstring/express-session' {
  interface SessionData {
    a?: unknown
    b?: unknown
    user?: unknown
    views?: number
  }
}

/** Stores of each kind, and what only one of the libraries knows. */
export type BothOptions = Omit<SessionOptions, 'store'> & { readonly store?: object }

/** What a test looks at or replaces in a store, of either library. */
export interface AnyStore {
  get(sid: string, callback: (error?: unknown, session?: unknown) => void): unknown
  set(sid: string, session: object, callback?: (error?: unknown) => void): unknown
  destroy(sid: string, callback?: (error?: unknown) => void): unknown
  touch?(sid: string, session: object, callback?: (error?: unknown) => void): unknown
}

export interface Library {
  readonly name: string
  readonly session: (options: BothOptions) => RequestHandler
  readonly createStore: () => AnyStore
}

export const SECRET = 'a secret of thirty-two bytes, 012'

/** What express-session does without being told. */
export const EXPRESS_SESSION: Library = {
  name: 'express-session',
  session: (options) => real(Object({ resave: false, saveUninitialized: false, secret: SECRET, ...options })),
  createStore: () => new real.MemoryStore(),
}

/** The drop-in as it comes, but for the lines that it would print. */
export const DROP_IN: Library = {
  name: 'the drop-in',
  session: (options) => ours(Object({ secret: SECRET, warn: () => {}, ...options })),
  createStore: () => new ours.MemoryStore(),
}

/** The drop-in with every option that gives the old way back. */
export const OLD_WAY: Library = {
  name: 'the drop-in as of old',
  session: ({ cookie = {}, ...options }) =>
    ours(
      Object({
        secret: SECRET,
        warn: () => {},
        ids: 'raw',
        idleTimeout: false,
        absoluteTimeout: false,
        failOpen: true,
        requireSecret: false,
        cookie: typeof cookie === 'function' ? cookie : { secure: false, sameSite: false, ...cookie },
        ...options,
      }),
    ),
  createStore: () => new ours.MemoryStore(),
}

/** The value of a cookie as express-session writes it. */
export function signedValue(id: string, secret: string = SECRET): string {
  const signature = createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '')
  return encodeURIComponent(`s:${id}.${signature}`)
}

/** The id inside such a value. */
export function idIn(value: string): string {
  const signed = decodeURIComponent(value)
  return signed.slice(2, signed.lastIndexOf('.'))
}

export interface SpiedStore extends AnyStore {
  /** The names of the methods that were called. */
  readonly calls: string[]
  /** What a method answers instead, from now on. */
  readonly failing: Map<string, Error>
  /** Before a method does its work, from now on. */
  readonly before: Map<string, () => Promise<void>>
}

/** A store that counts, fails or waits as a test wants. */
export function spyOn(store: AnyStore): SpiedStore {
  const spied = Object.assign(store, {
    calls: [] as string[],
    failing: new Map<string, Error>(),
    before: new Map<string, () => Promise<void>>(),
  })
  for (const name of ['get', 'set', 'destroy', 'touch'] as const) spyOnMethod(spied, name)
  return spied
}

function spyOnMethod(store: SpiedStore, name: 'get' | 'set' | 'destroy' | 'touch'): void {
  const original: unknown = Reflect.get(store, name)
  Object.assign(store, {
    [name]: (...args: unknown[]) => {
      store.calls.push(name)
      const callback = args.at(-1)
      const error = store.failing.get(name)
      const run = () => {
        if (typeof original !== 'function') return
        if (error === undefined) Reflect.apply(original, store, args)
        else if (typeof callback === 'function') setImmediate(() => callback(error))
      }
      const waiting = store.before.get(name)?.()
      if (waiting === undefined) run()
      else void waiting.then(run)
    },
  })
}

export interface Site {
  readonly origin: string
  readonly browser: Browser
  readonly get: (path: string) => Promise<Reply>
  readonly errors: unknown[]
  /** Another visitor. */
  readonly visitor: () => Browser
}

/** An application with a session and the routes of a test; it answers 500 and remembers what came to its error handler. */
export async function serve(
  t: TestContext,
  { session }: Library,
  options: BothOptions,
  addRoutes: (app: Express) => void,
  { make = express, before = [] }: { make?: typeof express; before?: RequestHandler[] } = {},
): Promise<Site> {
  const app = newApp(make)
  const errors: unknown[] = []
  if (before.length > 0) app.use(before)
  app.use(session(options))
  addRoutes(app)
  const report: (...args: [unknown, unknown, express.Response, express.NextFunction]) => void = (
    error,
    _,
    response,
    next,
  ) => {
    errors.push(error)
    if (response.headersSent) return next(error)
    const { statusCode } = response
    response
      .status(statusCode < 400 ? statusOf(error) : statusCode)
      .json({ error: error instanceof Error ? error.message : String(error) })
  }
  app.use(report)
  const origin = await listen(t, app)
  const browser = new Browser(origin)
  return {
    origin,
    browser,
    errors,
    get: (path) => browser.get(path),
    visitor: () => new Browser(origin),
  }
}

function statusOf(error: unknown): number {
  const status: unknown =
    typeof error === 'object' && error !== null && 'status' in error ? error.status : 500
  return typeof status === 'number' ? status : 500
}

/** The cookie of this name that a browser holds. */
export function cookieOf(browser: Browser, name = 'connect.sid'): string {
  return browser.jar.get(name) ?? ''
}

/** What a store has under a key. */
export function rowOf(store: AnyStore, id: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    store.get(id, (error, session) => (error ? reject(error) : resolve(session ?? null)))
  })
}
