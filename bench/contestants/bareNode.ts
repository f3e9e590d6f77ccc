import { createServer } from 'node:http'
import { type Contestant, userOf } from '../work.ts'

/** node:http alone. */
const bareNode: Contestant = () => {
  const { id: userId, username } = userOf('1')
  return createServer((_, res) => {
    const body = JSON.stringify({ userId, username })
    res.writeHead(200, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
    })
    res.end(body)
  })
}

export default bareNode
