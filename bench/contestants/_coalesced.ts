import type { ThinStore } from './_thinnest.ts'

type Answer = PromiseWithResolvers<string | null>

/** The reads of one turn of the event loop share a query. */
export function coalesced(ask: (keys: string[]) => Promise<Iterable<[string, string]>>): ThinStore['read'] {
  let waiting = new Map<string, Answer>()
  const send = async () => {
    const batch = waiting
    waiting = new Map()
    const found = new Map(await ask([...batch.keys()]))
    for (const [key, { resolve }] of batch) resolve(found.get(key) ?? null)
  }
  return (key) => {
    if (waiting.size === 0) setImmediate(() => void send())
    const answer: Answer = waiting.get(key) ?? Promise.withResolvers()
    waiting.set(key, answer)
    return answer.promise
  }
}
