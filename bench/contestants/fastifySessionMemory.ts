import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import fastify, { type Session } from 'fastify'
import { type Contestant, dataOf, SECRET, userOf } from '../work.ts'

declare module 'fastify' {
  interface Session {
    userId?: string
    username?: string
  }
}

/** @fastify/session with the store that it brings along, on Fastify, as its README sets it up for plain http. */
const fastifySessionMemory: Contestant = async (work) => {
  const app = fastify()
  await app.register(fastifyCookie)
  await app.register(fastifySession, { secret: SECRET, cookie: { secure: false }, saveUninitialized: false })
  app.post<{ Params: { number: string } }>('/login/:number', async (request) => {
    await request.session.regenerate()
    const { id: userId, username } = userOf(request.params.number)
    Object.assign(request.session, { userId, username, ...dataOf(work) } satisfies Partial<Session>)
    return {}
  })
  app.get('/protected', async ({ session }, reply) => {
    const { userId, username } = session
    if (userId === undefined) return reply.status(401).send({ message: 'Not authenticated' })
    return { userId, username }
  })
  await app.ready()
  return app.server
}

export default fastifySessionMemory
