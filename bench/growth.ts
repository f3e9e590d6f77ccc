import type { Entry } from './contestants.ts'
import { logIn } from './logins.ts'
import { Host, LoadGenerator } from './processes.ts'
import type { LoadResult } from './protocol.ts'
import { slope } from './statistics.ts'
import type { Stores } from './stores.ts'

export interface Growth {
  readonly title: string
  readonly requests: number
  /** Bytes of heap for each request. */
  readonly slope: number
}

const SAMPLES = 20
const CONNECTIONS = 32
/** Until then the compiler's work and the first entries of every cache are there. */
const WARM_UP_REQUESTS = 50_000

/** A number that JSON can say, other than infinity. */
const UNLIMITED = Number.MAX_SAFE_INTEGER

/** How the heap of a contestant grows while it serves so many requests. */
export async function growthOf(entry: Entry, stores: Stores, requests: number): Promise<Growth> {
  const host = await Host.start(entry, await stores.workFor(entry))
  const generator = new LoadGenerator()
  try {
    const cookies = await logIn(host.port, entry.sessions)
    const load = {
      port: host.port,
      cookies,
      connections: CONNECTIONS,
      milliseconds: UNLIMITED,
    }
    await generator.run({ ...load, requests: WARM_UP_REQUESTS })
    const points: [number, number][] = []
    for (let sample = 1; sample <= SAMPLES; sample++) {
      const result = await generator.run({ ...load, requests: requests / SAMPLES })
      checkResult(entry, result, requests / SAMPLES)
      points.push([(sample * requests) / SAMPLES, await host.heap()])
    }
    return { title: entry.title, requests, slope: slope(points) }
  } finally {
    await Promise.all([host.stop(), generator.stop()])
  }
}

function checkResult({ id }: Entry, result: LoadResult, requests: number): void {
  if (result.requests < requests) throw new Error(`${id} answered ${result.requests} of ${requests} requests`)
  if (result.failures > 0) throw new Error(`${id}: ${result.failures} requests failed`)
}
