import { begin } from './deadline.ts'
import { type Engine, MAX_ATTEMPTS } from './engine.ts'
import { removeFamily } from './revoke.ts'
import { closedRow, liveSession, type Reading } from './rows.ts'
import { type Located, Session, type Stored } from './session.ts'
import { successorToken, tokenKey } from './token.ts'
import type { Row } from './types.ts'

/**
 * The session of a token: an anonymous one if the token leads nowhere. A token is only ever looked up,
 * never adopted. At once where the store answers at once; every failure is a rejection.
 */
export function openSession(engine: Engine, token: string): Session | Promise<Session> {
  return begin(() => {
    const openedAt = engine.clock()
    const row = engine.store.read(tokenKey(token))
    if (row instanceof Promise) return row.then((found) => sessionOf(engine, token, found, openedAt))
    return sessionOf(engine, token, row, openedAt)
  })
}

/** Only for a token that was renewed meanwhile there is more to wait for. */
function sessionOf(
  engine: Engine,
  token: string,
  row: Row | null,
  openedAt: number,
): Session | Promise<Session> {
  const stored = liveSession(engine, row)
  if (stored === null) return new Session(openedAt)
  if (isNewest(stored)) return new Session(openedAt, { token, stored })
  return follow(engine, token, stored, openedAt, 'read').then((located) => new Session(openedAt, located))
}

/**
 * Where a token leads, through its successors if it was renewed meanwhile. The grace period is measured at
 * the beginning of the request: a slow one has done nothing wrong.
 */
export async function locate(
  engine: Engine,
  token: string,
  openedAt: number,
  reading: Reading = 'read',
): Promise<Located | null> {
  const stored = liveSession(engine, await engine.store[reading](tokenKey(token)))
  return isNewest(stored) ? { token, stored } : follow(engine, token, stored, openedAt, reading)
}

function isNewest(stored: Stored | null): stored is Stored {
  return stored !== null && stored.state.successor === undefined
}

async function follow(
  engine: Engine,
  token: string,
  stored: Stored | null,
  openedAt: number,
  reading: Reading,
): Promise<Located | null> {
  const successor = stored?.state.successor
  if (stored === null || successor === undefined) return null
  if (openedAt < successor.acceptedUntil) {
    return locate(engine, successorToken(token, successor.salt), openedAt, reading)
  }
  await endReusedFamily(engine, token, stored)
  return null
}

/** Whether the answer of a cache may be all that is known of a session. */
export function mayBeStale(engine: Engine, session: Session): boolean {
  return engine.store.isCached && session.located !== null
}

/** Asks the store itself, past any cache, whether the session is still alive. */
export async function confirmSession(engine: Engine, session: Session): Promise<void> {
  if (session.token === null) return
  const fresh = await locate(engine, session.token, session.openedAt, 'readFresh')
  if (fresh === null) session.markEnded()
}

/** Whoever presents a token after its grace period holds a copy: nobody can tell thief from owner. */
async function endReusedFamily(engine: Engine, token: string, { row, state }: Stored): Promise<void> {
  engine.emit({ type: 'session.token_reused', sessionId: state.id, userId: row.userId })
  if (!engine.store.isListable) await closeSuccessors(engine, token)
  else if (row.userId !== null) await removeFamily(engine, row.userId, state.id, 'token_reused', row.key)
}

/** Without an index by user the old token still leads to the newest row, whatever its grace period. */
async function closeSuccessors(engine: Engine, token: string): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const newest = await locate(engine, token, Number.NEGATIVE_INFINITY)
    if (newest === null || (await engine.store.write(closedRow(newest.stored.row)))) return
  }
}
