import type { Engine } from './engine.ts'
import { encodeObject } from './json.ts'
import { tokenKey } from './token.ts'

/** How long what was decided of a session from elsewhere is kept after the window, in case it is opened again: 30 days. */
export const KEPT_LONGER: number = 30 * 86_400_000

/** Refuses from now on to take over what sessions a user has elsewhere. */
export async function closeArrivals(engine: Engine, userId: string): Promise<void> {
  const { takeOverUntil } = engine
  if (takeOverUntil === null || engine.clock() >= takeOverUntil) return
  await engine.store.write({
    key: closureKey(userId),
    userId: null,
    version: 1,
    expiresAt: takeOverUntil + KEPT_LONGER,
    payload: encodeObject({ takenOver: 'none' }),
  })
}

export async function areArrivalsClosed(engine: Engine, userId: string): Promise<boolean> {
  return (await engine.store.readFresh(closureKey(userId))) !== null
}

/** No token hashes to it: tokens have no spaces. */
function closureKey(userId: string): string {
  return tokenKey(`nothing is taken over of ${userId}`)
}
