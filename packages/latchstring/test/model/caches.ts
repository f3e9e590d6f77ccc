import type { Clock, Store } from '../../src/core/types.ts'
import { cached } from '../../src/stores/cached.ts'
import { MemoryBus } from '../memory-bus.ts'

/** Two nodes with a cache each, and a bus that is never late. */
export function twoCaches(store: Store, clock: Clock): Store[] {
  const bus = new MemoryBus()
  return [bus.end(), bus.end()].map((end) => cached(store, { bus: end, ttl: '5s', clock }))
}
