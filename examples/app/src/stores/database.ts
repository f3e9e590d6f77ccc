import type { Store } from 'latchstring'
import type { Users } from 'latchstring/accounts'

/** A database whose tables are made, or brought up to date, when what lives in them is opened. */
export interface Database {
  users(): Promise<Users>
  sessions(): Promise<Store>
  close(): Promise<void>
}

/** A session store, and the way to let go of what it needs. */
export interface OpenStore {
  readonly store: Store
  close(): Promise<void>
}

/** Fails now, and not at the first request. */
export async function migrated<Part extends { migrate(): Promise<void> }>(part: Part): Promise<Part> {
  await part.migrate()
  return part
}
