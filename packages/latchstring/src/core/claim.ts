import { KEPT_LONGER } from './closure.ts'
import type { Engine } from './engine.ts'
import { encodeObject, isObject, parseObject } from './json.ts'
import { tokenKey } from './token.ts'
import type { Row } from './types.ts'

/** Who has taken over a session from elsewhere: one row for each, which decides among all that try. */
export interface Claim {
  readonly version: number
  /** What the new token is derived with, from a secret of the old session. */
  readonly salt: string
  /** The key of the new session's row. */
  readonly key: string
  /** Until when the old secret still leads to the new session; `null` while it is being taken over. */
  readonly acceptedUntil: number | null
}

/** `unreadable` is a claim as well: what was taken over once is never taken over again. */
export async function readClaim(engine: Engine, id: string): Promise<Claim | 'unreadable' | null> {
  const row = await engine.store.readFresh(claimKey(id))
  return row === null ? null : (claimOf(row) ?? 'unreadable')
}

/** Whether nobody else was faster. */
export function writeClaim(engine: Engine, id: string, claim: Claim, until: number): Promise<boolean> {
  const { version, salt, key, acceptedUntil } = claim
  return engine.store.write({
    key: claimKey(id),
    userId: null,
    version,
    expiresAt: until + KEPT_LONGER,
    payload: encodeObject({ takenOver: { salt, key, acceptedUntil } }),
  })
}

/** No token hashes to it: tokens have no spaces. */
function claimKey(id: string): string {
  return tokenKey(`taken over from elsewhere: ${id}`)
}

type Unchecked<T> = { readonly [K in keyof T]?: unknown }

function claimOf({ payload, version }: Row): Claim | null {
  const record: { readonly takenOver?: unknown } = parseObject(payload) ?? {}
  if (!isObject(record.takenOver)) return null
  const { salt, key, acceptedUntil }: Unchecked<Claim> = record.takenOver
  if (typeof salt !== 'string' || typeof key !== 'string') return null
  if (acceptedUntil !== null && typeof acceptedUntil !== 'number') return null
  return { version, salt, key, acceptedUntil }
}
