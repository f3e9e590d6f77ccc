import { type Engine, MAX_ATTEMPTS } from './engine.ts'
import { LatchstringError } from './errors.ts'
import { decodeRow, isAlive, nextRow } from './rows.ts'
import type { Stored } from './session.ts'

/** Gives the device of one of a user's sessions a name, or takes it away, and tells whether the session was there. */
export async function renameDevice(
  engine: Engine,
  userId: string,
  sessionId: string,
  name: string | null,
): Promise<boolean> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const stored = await findLive(engine, userId, sessionId)
    if (stored === null) return false
    const state = { ...stored.state, device: { ...stored.state.device, name } }
    if (await engine.store.write(nextRow(engine, stored.row, state, stored.data))) return true
  }
  throw new LatchstringError('conflict', 'the session was changed by others too often while it was renamed')
}

/** The row of a renewed token is no session of its own. */
async function findLive(engine: Engine, userId: string, sessionId: string): Promise<Stored | null> {
  for (const row of await engine.store.list(userId)) {
    const stored = decodeRow(engine, row)
    const isMeant = stored?.state.id === sessionId && stored.state.successor === undefined
    if (isMeant && isAlive(engine, stored)) return stored
  }
  return null
}
