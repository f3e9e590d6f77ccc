import type { Store } from '../../src/core/types.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'

export interface OpenStore {
  readonly store: Store
  close(): Promise<void>
}

/** A store that several processes can open by the same address. */
export async function openStore(address: string): Promise<OpenStore> {
  const [, kind = '', place = ''] = /^(\w+):(.*)$/.exec(address) ?? []
  if (kind === 'sqlite') {
    const store = sqliteStore(place)
    return { store, close: async () => store.close() }
  }
  throw new Error(`no store is known for ${address}`)
}
