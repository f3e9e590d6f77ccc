/** Reads a page at a steady rate in a process of its own, so that nobody else's work delays it, and tells the times. */
import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Reading {
  readonly url: string
  readonly cookie: string
  /** Milliseconds. */
  readonly duration: number
  readonly perSecond: number
}

/** Milliseconds of each read, or what it was answered if that is not 200. */
export type Times = readonly (number | string)[]

async function read({ url, cookie, duration, perSecond }: Reading): Promise<Times> {
  const pause = 1_000 / perSecond
  // Not kept for the next time: a server closes a connection that has waited, perhaps when it is used again.
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const reads = Array.from({ length: Math.ceil(duration / pause) }, async (_, index) => {
    await sleep(index * pause)
    return timeOf(url, cookie, agent)
  })
  return Promise.all(reads).finally(() => agent.destroy())
}

function timeOf(url: string, cookie: string, agent: Agent): Promise<number | string> {
  return new Promise((resolve) => {
    const start = performance.now()
    const reading = get(url, { agent, headers: { cookie } }, (response) => {
      const { statusCode } = response
      response.resume()
      response.on('end', () => resolve(statusCode === 200 ? performance.now() - start : `${statusCode}`))
    })
    reading.on('error', (error) => resolve(error.message))
  })
}

if (import.meta.main) {
  process.on('message', (reading: Reading) => {
    void read(reading).then((times) => process.send?.(times))
  })
}
