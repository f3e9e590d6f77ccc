import type { Store } from 'latchstring'

/** No token has this digest: the answer is always "no such session", and what counts is that there is one. */
const KEY = 'probe'.padEnd(43, '-')

/** Resolves when the store has answered. */
export async function probe(store: Store): Promise<void> {
  await store.read(KEY)
}
