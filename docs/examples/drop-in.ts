import express, { type Express } from 'express'
import session, { type SessionOptions } from 'latchstring/express-session'

declare module 'latchstring/express-session' {
  interface SessionData {
    visits?: number
  }
}

/** A shop written for express-session: the import above is all that changed. */
export function createShop(options: SessionOptions): Express {
  const sessions = session({ secret: 'keyboard cat', ...options })
  const app = express().use(sessions)
  app.get('/', (req, res) => {
    req.session.visits = (req.session.visits ?? 0) + 1
    res.json({ visits: req.session.visits })
  })

  // What express-session has no word for, on a store of ours.
  app.post('/login', async (req, res) => {
    await sessions.login(req, 'ann')
    res.json({ message: 'Login successful' })
  })
  app.get('/devices', async (_, res) => {
    res.json(await sessions.users.list('ann'))
  })
  app.post('/log-out-others', async (req, res) => {
    res.json({ count: await sessions.users.revokeOthers('ann', sessions.publicId(req) ?? '') })
  })
  app.post('/logout', async (req, res) => {
    await req.session.destroy()
    res.json({ message: 'Logged out' })
  })
  return app
}
