import type { Store } from '../../src/core/types.ts'
import { openStore, type Place } from '../history/stores.ts'
import { twoCaches } from './caches.ts'
import type { Empty } from './check.ts'

/** Later than any row expires. */
const END_OF_TIME = 8.64e15

export interface Opened {
  /** Two nodes on one store. */
  readonly bare: Empty
  /** The same, with a cache each. */
  readonly cached: Empty
  close(): Promise<void>
}

export async function open(place: Place): Promise<Opened> {
  const { store, close } = await openStore(place)
  return {
    bare: async () => {
      await clear(store)
      return [store]
    },
    cached: async (clock) => {
      await clear(store)
      return twoCaches(store, clock)
    },
    close,
  }
}

/** A removal takes a row out of its user's list, which a purge leaves for later. */
async function clear(store: Store): Promise<void> {
  for (const user of ['ann', 'bob']) {
    const rows = await store.list(user)
    await store.remove(rows.map(({ key }) => key))
  }
  await store.purge(END_OF_TIME)
}
