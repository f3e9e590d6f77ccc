import { createServer, type Server } from 'node:http'
import express, { type RequestHandler, type Response } from 'express'
import session, { type SessionOptions } from 'express-session'
import { dataOf, SECRET, userOf, type Work } from '../work.ts'

/** The types of express-session and of Latchstring cannot both say what `req.session` is: this is what is used. */
interface PeerRequest {
  readonly params: { readonly number?: string }
  readonly session: {
    regenerate(done: (error?: unknown) => void): unknown
    readonly userId?: unknown
    readonly username?: unknown
  }
}

/** The options that the documentation of express-session's stores shows. */
export const COMMON_OPTIONS = { secret: SECRET, resave: false, saveUninitialized: false }

export function expressSessionServer(work: Work, options: Partial<SessionOptions> = {}): Server {
  return applicationOn(session({ ...COMMON_OPTIONS, ...options }), work)
}

/** An application written for express-session, on it or on what takes its place. */
export function applicationOn(sessions: RequestHandler, work: Work): Server {
  const app = express()
  app.use(sessions)
  app.post('/login/:number', (req: PeerRequest, res: Response) => {
    const { id: userId, username } = userOf(req.params.number ?? '')
    req.session.regenerate((error) => {
      if (error) return void res.status(500).end()
      Object.assign(req.session, { userId, username, ...dataOf(work) })
      res.json({})
    })
  })
  app.get('/protected', (req: PeerRequest, res: Response) => {
    const { userId, username } = req.session
    if (userId === undefined) res.status(401).json({ message: 'Not authenticated' })
    else res.json({ userId, username })
  })
  return createServer(app)
}
