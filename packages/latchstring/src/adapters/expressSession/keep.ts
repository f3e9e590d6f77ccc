import { LatchstringError } from '../../core/errors.ts'
import { createEmit, type SessionEvent } from '../../core/events.ts'
import { ReliableStore } from '../../core/reliableStore.ts'
import { Sessions } from '../../core/sessions.ts'
import type { Store as RowsStore } from '../../core/types.ts'
import { ForeignBackend } from './foreignBackend.ts'
import { hashedIds, type Ids, migratingIds, rawIds } from './ids.ts'
import { MemoryStore } from './memoryStore.ts'
import type { ExpressStore, Policy, SessionOptions } from './options.ts'
import type { Keeping } from './persist.ts'
import { RowBackend } from './rowBackend.ts'
import { RowStore } from './rowStore.ts'
import type { Warnings } from './warnings.ts'

/** The sessions of any user: what a device page shows, and what ends them. */
export type UserSessions = Pick<Sessions, 'list' | 'revoke' | 'revokeOthers' | 'revokeAll' | 'purge'>

/** A store and all that stands on it. */
export interface Kept {
  /** What the request sees as `req.sessionStore`. */
  readonly store: ExpressStore
  readonly keeping: Keeping
  readonly ids: Ids
  readonly users: UserSessions
  /** Stops the regular purge. */
  readonly close: () => void
}

/** Longer than any session: in these rows it is their own expiry that counts. */
const FOREVER = 8.64e15

export function keepIn(given: SessionOptions['store'], policy: Policy, warnings: Warnings): Kept {
  return isRowsStore(given) ? keepRows(given, policy, warnings) : keepForeign(given, policy, warnings)
}

function keepForeign(given: ExpressStore | undefined, policy: Policy, warnings: Warnings): Kept {
  const { lifetimes, clock, timers, random, storeTimeout: timeout } = policy
  const store = given ?? new MemoryStore({ clock })
  if (policy.isProduction && store instanceof MemoryStore) warnings.say('memory')
  const warnOfBadRow = () => warnings.say('badRow')
  const backend = new ForeignBackend(store, { timeout, timers, clock, warnOfBadRow })
  return {
    store,
    keeping: { backend, lifetimes, clock },
    ids: policy.hashesIds ? migratingIds(random) : rawIds(random),
    users: NO_INDEX,
    close: () => {},
  }
}

function keepRows(given: RowsStore, policy: Policy, warnings: Warnings): Kept {
  if (!policy.hashesIds) throw wrong("a store of latchstring keeps hashes only: leave out ids: 'raw'")
  const { lifetimes, clock, timers, random, storeTimeout: timeout } = policy
  const emit = createEmit<SessionEvent>(clock, undefined)
  const rows = new ReliableStore(given, { timeout, timers, emit })
  const warnOfBadRow = () => warnings.say('badRow')
  const keeping = { backend: new RowBackend({ store: rows, clock, random, warnOfBadRow }), lifetimes, clock }
  const users = new Sessions({
    ...{ store: given, clock, random, timers, storeTimeout: timeout },
    ...{ idleTimeout: FOREVER, absoluteTimeout: FOREVER },
  })
  return { store: new RowStore(keeping), keeping, ids: hashedIds(random), users, close: () => users.close() }
}

function isRowsStore(store: SessionOptions['store']): store is RowsStore {
  return store !== undefined && 'read' in store && 'write' in store && !('get' in store)
}

const NO_INDEX: UserSessions = {
  list: refuse,
  revoke: refuse,
  revokeOthers: refuse,
  revokeAll: refuse,
  purge: refuse,
}

async function refuse(): Promise<never> {
  throw wrong(
    "a store made for express-session has no index by user: give session() a store of latchstring, such as sqliteStore('app.db')",
  )
}

function wrong(message: string): LatchstringError {
  return new LatchstringError('invalid_option', message)
}
