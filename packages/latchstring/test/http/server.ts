import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { createRequire } from 'node:module'
import type { TestContext } from 'node:test'
import express, { type Express } from 'express'
import { type Auth, type AuthEvent, type AuthOptions, createAuth } from 'latchstring/express'
import { type FakeClock, fakeClock } from '../../src/testing/clock.ts'

/** Express 4 has no types here; what the tests use of it has not changed. */
const express4: typeof express = createRequire(import.meta.url)('express4')

export const EXPRESS_VERSIONS = [
  { name: 'Express 5', express },
  { name: 'Express 4', express: express4 },
]

export interface Certificate {
  readonly key: string
  readonly cert: string
}

/** Serves on a free port of this machine until the test is over, and tells the origin. */
export async function listen(
  t: TestContext,
  listener: RequestListener,
  certificate?: Certificate,
): Promise<string> {
  const server =
    certificate === undefined ? createServer(listener) : createSecureServer({ ...certificate }, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${portOf(server)}`
}

function portOf(server: Server): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  return address.port
}

export interface TestAuth {
  readonly auth: Auth
  readonly clock: FakeClock
  readonly events: AuthEvent[]
  readonly lines: string[]
}

export type SiteOptions = Omit<AuthOptions, 'clock'> & { readonly clock?: FakeClock }

/** `createAuth` with a clock that stands still, and with everything that it reports. */
export function testAuth(t: TestContext, options: SiteOptions = {}): TestAuth {
  const { clock = fakeClock() } = options
  const events: AuthEvent[] = []
  const lines: string[] = []
  const auth = createAuth({
    ...options,
    clock,
    onEvent: (event) => void events.push(event),
    warn: (line) => void lines.push(line),
  })
  t.after(() => auth.close())
  return { auth, clock, events, lines }
}

/** An application that does not log the errors that a test provokes. */
export function newApp(make: typeof express = express): Express {
  return make().set('env', 'test')
}

/** An application with the usual routes: log in, log out, a protected page, and what the test adds. */
export function createApp(auth: Auth, addRoutes: (app: Express) => void = () => {}): Express {
  const app = newApp()
  app.use(auth.sessionMiddleware, express.json(), express.urlencoded({ extended: false }))
  app.post('/login', async (req, res) => {
    const { id = 'ann', username = 'Ann', remember = false, method = 'password' } = req.body ?? {}
    await auth.generateSession(req, { id, username }, { remember, method })
    res.json({ message: 'Login successful' })
  })
  app.post('/logout', async (req, res) => {
    await auth.endSession(req)
    res.json({ message: 'Logged out' })
  })
  app.get('/protected', auth.authenticate, (req, res) => {
    const { userId, username } = req.session
    res.json({ message: 'You are authenticated!', userId, username })
  })
  addRoutes(app)
  return app
}

export interface Site extends TestAuth {
  readonly origin: string
}

/** A running application with the usual routes. */
export async function startSite(
  t: TestContext,
  options: SiteOptions = {},
  addRoutes: (app: Express, auth: Auth) => void = () => {},
): Promise<Site> {
  const made = testAuth(t, options)
  const origin = await listen(
    t,
    createApp(made.auth, (app) => addRoutes(app, made.auth)),
  )
  return { ...made, origin }
}

/** A promise and the function that fulfils it, for a handler that waits until the test lets it go on. */
export function gate(): { opened: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}
