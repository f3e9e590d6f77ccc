import { once } from 'node:events'
import { createServer } from 'node:http'
import { RedisStore } from 'connect-redis'
import { createAuth } from 'latchstring/express'
import { expressSession } from 'latchstring/migrate'
import { redisStore } from 'latchstring/stores/redis'
import { createClient } from 'redis'
import { createApp } from '../http/server.ts'

/** One process of the application after its move. */
export interface AppPlace {
  readonly url: string
  readonly oldPrefix: string
  readonly prefix: string
  readonly secret: string
}

const [, , place = ''] = process.argv
const { url, oldPrefix, prefix, secret }: AppPlace = JSON.parse(place)
const client = await createClient({ url }).connect()
const from = expressSession({ secret, store: new RedisStore({ client, prefix: oldPrefix }) })
const auth = createAuth({
  store: redisStore(client, { prefix }),
  migrate: { from, until: new Date('2099-01-01') },
  storeTimeout: '20s',
})
const server = createServer(createApp(auth))
server.listen(0, '127.0.0.1')
await once(server, 'listening')
process.on('disconnect', () => process.exit())
process.send?.(server.address())
