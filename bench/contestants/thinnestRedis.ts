import { createClient } from 'redis'
import type { Contestant } from '../work.ts'
import { thinnestServer } from './_thinnest.ts'

const thinnestRedis: Contestant = async (work) => {
  const client = await createClient({ url: work.redis, commandOptions: { timeout: 0 } }).connect()
  return thinnestServer(work, {
    read: (key) => client.get(`${work.prefix}${key}`),
    write: (key, value) => client.set(`${work.prefix}${key}`, value),
  })
}

export default thinnestRedis
