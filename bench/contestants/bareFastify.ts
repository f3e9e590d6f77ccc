import fastify from 'fastify'
import { type Contestant, userOf } from '../work.ts'

/** Fastify 5 without any session: what its plugin is compared with. */
const bareFastify: Contestant = async () => {
  const app = fastify()
  const { id: userId, username } = userOf('1')
  app.post('/login/:number', async () => ({}))
  app.get('/protected', async () => ({ userId, username }))
  await app.ready()
  return app.server
}

export default bareFastify
