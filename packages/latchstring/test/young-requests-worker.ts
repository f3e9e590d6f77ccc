import { Agent, createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { createAuth } from 'latchstring/express'
import { memoryStore } from 'latchstring/stores/memory'

/** Answers so many requests right after it has begun, and tells how many bytes of each survive what frees the young. */

const [, , count = '0'] = process.argv
const auth = createAuth({ store: memoryStore() })
const app = express().use(auth.sessionMiddleware)
app.get('/', (req, res) => void res.json({ userId: req.session.userId }))
const server = createServer(app).listen(0, '127.0.0.1')
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

/** What is young twice in a row is young no more. */
function survived(): number {
  for (let time = 0; time < 3; time++) globalThis.gc?.({ type: 'minor', execution: 'sync' })
  return process.memoryUsage().heapUsed
}

function request(): Promise<void> {
  const { port }: AddressInfo = Object(server.address())
  return new Promise((resolve) => {
    get({ port, host: '127.0.0.1', agent }, (response) => response.resume().once('end', resolve))
  })
}

async function requests(number: number): Promise<void> {
  for (let done = 0; done < number; done++) await request()
}

server.once('listening', async () => {
  await requests(200)
  const before = survived()
  for (let done = 0; done < Number(count); done += 50) {
    await requests(50)
    survived()
  }
  process.send?.((survived() - before) / Number(count))
  agent.destroy()
  server.close()
})
