import { createServer } from 'node:http'
import express from 'express'
import { type Contestant, userOf } from '../work.ts'

/** Express 5 without any session: what all others are compared with. */
const bareExpress: Contestant = () => {
  const app = express()
  const { id: userId, username } = userOf('1')
  app.post('/login/:number', (_, res) => void res.json({}))
  app.get('/protected', (_, res) => void res.json({ userId, username }))
  return createServer(app)
}

export default bareExpress
