import { type Engine, MAX_ATTEMPTS } from './engine.ts'
import { LatchstringError } from './errors.ts'
import type { EndReason } from './events.ts'
import { locate } from './open.ts'
import { removeFamily } from './revoke.ts'
import { closedRow } from './rows.ts'
import type { Located, Session } from './session.ts'

/**
 * Ends the session of this request. Its data stays readable, to be carried elsewhere, unless somebody else
 * ended it first.
 */
export async function endSession(engine: Engine, session: Session, reason: EndReason): Promise<void> {
  const { located, openedAt } = session
  const wasThere = located === null || (await endLocated(engine, located, openedAt, reason))
  session.cancelLogin()
  if (wasThere) session.detach()
  else session.markEnded()
}

/** A renewal may be on its way to another row of the same session, so a user's session ends by its id. */
async function endLocated(
  engine: Engine,
  located: Located,
  openedAt: number,
  reason: EndReason,
): Promise<boolean> {
  const { row, state } = located.stored
  if (row.userId !== null) {
    if (!engine.store.isListable) return closeNewest(engine, located, openedAt, reason)
    return removeFamily(engine, row.userId, state.id, reason, row.key)
  }
  const wasThere = (await engine.store.remove([row.key])) > 0
  if (wasThere) engine.emit({ type: 'session.ended', sessionId: state.id, userId: null, reason })
  return wasThere
}

/** Without an index by user the session is followed through its renewals, until its newest row is closed. */
async function closeNewest(
  engine: Engine,
  located: Located,
  openedAt: number,
  reason: EndReason,
): Promise<boolean> {
  let newest: Located | null = located
  for (let attempt = 0; newest !== null && attempt < MAX_ATTEMPTS; attempt++) {
    const { row, state } = newest.stored
    if (await engine.store.write(closedRow(row))) {
      engine.emit({ type: 'session.ended', sessionId: state.id, userId: row.userId, reason })
      return true
    }
    newest = await locate(engine, newest.token, openedAt)
  }
  if (newest === null) return false
  throw new LatchstringError(
    'conflict',
    'the session was changed by others while it was being ended: try again',
  )
}
