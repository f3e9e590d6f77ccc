import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import type { BusListener, InvalidationBus } from '../../src/stores/cached.ts'

/** No key of a row begins like this. */
const MARK = 'mark '

const marksOfWork = new AsyncLocalStorage<string[]>()

/** Runs some work, and returns its answer with a mark for each message that it sent over a `MarkedBus`. */
export async function withMarks<T>(work: () => T): Promise<{ value: Awaited<T>; marks: string[] }> {
  const marks: string[] = []
  return { value: await marksOfWork.run(marks, work), marks }
}

/** Sends a mark along with every message, and tells when those of others arrive: a test can wait for them. */
export class MarkedBus implements InvalidationBus {
  readonly #bus: InvalidationBus
  readonly #onArrival: (mark: string) => void

  constructor(bus: InvalidationBus, onArrival: (mark: string) => void) {
    this.#bus = bus
    this.#onArrival = onArrival
  }

  publish(keys: readonly string[]): Promise<void> {
    const mark = `${MARK}${randomUUID()}`
    marksOfWork.getStore()?.push(mark)
    // Last: should the keys take several messages, the mark is in the one that arrives after the others.
    return this.#bus.publish([...keys, mark])
  }

  subscribe(listener: BusListener): Promise<() => void> {
    return this.#bus.subscribe({
      connected: () => listener.connected(),
      disconnected: () => listener.disconnected(),
      invalidate: (keys) => {
        listener.invalidate(keys)
        for (const key of keys) if (key.startsWith(MARK)) this.#onArrival(key)
      },
    })
  }
}
