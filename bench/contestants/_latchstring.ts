import { createServer, type Server } from 'node:http'
import express from 'express'
import type { Store } from 'latchstring'
import { createAuth } from 'latchstring/express'
import { dataOf, userOf, type Work } from '../work.ts'

/** The tutorial's application with a store. The bench speaks plain http, as the proxy in front would. */
export function latchstringServer(work: Work, store: Store): Server {
  const auth = createAuth({ store, production: false })
  const app = express()
  app.use(auth.sessionMiddleware)
  app.post('/login/:number', (req, res) => {
    void auth.generateSession(req, userOf(req.params.number))
    Object.assign(req.session, dataOf(work))
    res.json({})
  })
  app.get('/protected', auth.authenticate, (req, res) => {
    const { userId, username } = req.session
    res.json({ userId, username })
  })
  return createServer(app)
}
