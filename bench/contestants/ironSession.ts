import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import express from 'express'
import { getIronSession } from 'iron-session'
import { type Contestant, dataOf, SECRET, userOf } from '../work.ts'

interface Sealed {
  userId?: string
  username?: string
}

/** iron-session: everything is sealed in the cookie, and no log-out can end it. */
const ironSession: Contestant = (work) => {
  const sessionOf = (req: IncomingMessage, res: ServerResponse) =>
    getIronSession<Sealed>(req, res, {
      password: SECRET,
      cookieName: 'iron',
      cookieOptions: { secure: false },
    })
  const app = express()
  app.post('/login/:number', async (req, res) => {
    const session = await sessionOf(req, res)
    const { id: userId, username } = userOf(req.params.number)
    Object.assign(session, { userId, username, ...dataOf(work) })
    await session.save()
    res.json({})
  })
  app.get('/protected', async (req, res) => {
    const { userId, username } = await sessionOf(req, res)
    if (userId === undefined) res.status(401).json({ message: 'Not authenticated' })
    else res.json({ userId, username })
  })
  return createServer(app)
}

export default ironSession
