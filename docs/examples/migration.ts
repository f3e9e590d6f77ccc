import express, { type Express } from 'express'
import { type Auth, createAuth, type Store } from 'latchstring/express'
import { expressSession, type OldStore } from 'latchstring/migrate'

declare module 'latchstring' {
  interface SessionData {
    cart?: string[]
  }
}

/** Where the shop kept its sessions until now, and for how long it still looks there. */
interface Old {
  readonly secret: string
  readonly store: OldStore
  readonly until: Date
}

/** A shop that was on express-session, passport and connect-redis. */
export function createShop(store: Store, { until, ...old }: Old): { app: Express; auth: Auth } {
  const auth = createAuth({ store, migrate: { from: expressSession(old), until } })

  const app = express().use(auth.sessionMiddleware, express.json())
  app.post('/login', (req, res) => {
    const { username, password } = req.body
    const user = findUser(username, password)
    if (user === undefined) {
      res.status(401).json({ message: 'Invalid credentials' })
      return
    }
    auth.generateSession(req, user)
    res.json({ message: 'Login successful' })
  })
  app.post('/logout', (req, res) => {
    auth.endSession(req)
    res.json({ message: 'Logged out' })
  })
  app.get('/cart', auth.authenticate, (req, res) => {
    const { userId, cart = [] } = req.session
    res.json({ userId, cart })
  })
  app.get('/migration', async (_, res) => {
    res.json(await auth.migration?.stats())
  })
  return { app, auth }
}

/** Stands for your own look-up. */
function findUser(username: unknown, password: unknown) {
  const users = [{ id: 'u-1', username: 'ann', password: 'correct horse battery' }]
  return users.find((user) => user.username === username && user.password === password)
}
