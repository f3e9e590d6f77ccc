import type { Engine } from './engine.ts'
import { locate } from './open.ts'
import { firstRow, nextRow, seenAt } from './rows.ts'
import type { Located, Session, Stored } from './session.ts'
import { createSalt, successorToken, tokenKey } from './token.ts'
import type { Row } from './types.ts'

/**
 * Moves the session to a new token. The old row stays, and leads to the successor during the grace period;
 * of parallel renewals one swaps the old row, and the others follow it.
 */
export async function renewToken(engine: Engine, session: Session, located: Located): Promise<void> {
  const { token, stored } = located
  const salt = createSalt(engine.random)
  const next = successorOf(engine, located, salt, session.openedAt)
  if (!(await engine.store.write(next.stored.row))) return
  if (await engine.store.write(leadingRow(engine, stored, salt, session.openedAt))) {
    session.adopt(next)
    engine.emit({ type: 'session.renewed', sessionId: stored.state.id, userId: stored.row.userId })
    return
  }
  const newest = await locate(engine, token, session.openedAt)
  // A client that sends a write again is told that it was refused, although the first one was not.
  if (newest?.token !== next.token) await engine.store.remove([next.stored.row.key])
  followRenewal(session, newest)
}

function successorOf(engine: Engine, { token, stored }: Located, salt: string, moment: number): Located {
  const state = { ...seenAt(stored.state, moment), renewedAt: engine.clock() }
  const nextToken = successorToken(token, salt)
  const row = firstRow(engine, tokenKey(nextToken), stored.row.userId, state, stored.data)
  return { token: nextToken, stored: { row, state, data: stored.data } }
}

/** Kept for as long as the session is at this moment, so that a copy of the token is noticed, but not after its end. */
function leadingRow(engine: Engine, stored: Stored, salt: string, moment: number): Row {
  const acceptedUntil = engine.clock() + (engine.lifetimes.renewal?.grace ?? 0)
  const state = { ...seenAt(stored.state, moment), successor: { salt, acceptedUntil } }
  return nextRow(engine, stored.row, state, '{}')
}

function followRenewal(session: Session, located: Located | null): void {
  if (located === null) session.markEnded()
  else session.adopt(located)
}
