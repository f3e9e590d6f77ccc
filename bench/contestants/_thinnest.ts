import { hash, randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import express from 'express'
import { dataOf, userOf, type Work } from '../work.ts'

/** Two calls and nothing else: no expiry, no versions, no deadline. */
export interface ThinStore {
  read(key: string): Promise<string | null> | string | null
  write(key: string, value: string): Promise<unknown> | unknown
}

/** The limit: the least that a look-up of a session can cost. A cookie is cut, one hash, one read. */
export function thinnestServer(work: Work, store: ThinStore): Server {
  const app = express()
  app.post('/login/:number', async (req, res) => {
    const token = randomBytes(32).toString('base64url')
    const value = { ...userOf(req.params.number), ...dataOf(work) }
    await store.write(keyOf(token), JSON.stringify(value))
    res.setHeader('Set-Cookie', `thin=${token}`)
    res.json({})
  })
  app.get('/protected', (req, res, next) => {
    const cookie = req.headers.cookie ?? ''
    const answer = (value: string | null) => {
      const { id: userId, username } = JSON.parse(value ?? '{}')
      if (userId === undefined) res.status(401).json({})
      else res.json({ userId, username })
    }
    const read = store.read(keyOf(cookie.slice(cookie.indexOf('=') + 1)))
    if (read instanceof Promise) read.then(answer).catch(next)
    else answer(read)
  })
  return createServer(app)
}

function keyOf(token: string): string {
  return hash('sha256', token, 'base64url')
}
