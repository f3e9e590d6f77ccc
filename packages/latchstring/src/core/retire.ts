import { applyChanges, type Changes } from './data.ts'
import { type Engine, MAX_ATTEMPTS } from './engine.ts'
import { LatchstringError } from './errors.ts'
import { decodeObject, emptyObject, encodeObject } from './json.ts'
import { locate } from './open.ts'
import { decodePayload } from './payload.ts'
import { removeFamily } from './revoke.ts'
import { closedRow, isAlive, nextRow } from './rows.ts'
import type { Located, PendingLogin, Session, Stored } from './session.ts'

/**
 * Ends the session that was presented at the login. If another request wrote to it meanwhile, what it wrote goes
 * along into the new session, under the changes of this one, if the login keeps data. `null` if the session that was
 * to go on is over.
 */
export async function retirePrevious(
  engine: Engine,
  session: Session,
  created: Located,
  { keepsData, goesOn }: PendingLogin,
  changes: Changes,
): Promise<Located | null> {
  const presented = session.located
  let next = created
  let previous = presented
  for (let attempt = 0; previous !== null && attempt < MAX_ATTEMPTS; attempt++) {
    if (await closePrevious(engine, previous.stored, next.stored)) {
      await forgetRenewals(engine, previous.stored)
      return goesOn && !isAlive(engine, previous.stored) ? null : next
    }
    previous = await locate(engine, previous.token, session.openedAt)
    if (previous !== null && keepsData) next = await carryOver(engine, next, previous.stored, changes)
  }
  if (previous === null && goesOn) return null
  if (previous === null) {
    await endMoved(engine, presented, next.stored)
    return next
  }
  throw new LatchstringError(
    'conflict',
    'the session before the login was changed by others too often: try again',
  )
}

async function closePrevious(engine: Engine, previous: Stored, next: Stored): Promise<boolean> {
  const { row, state } = previous
  if (!(await engine.store.write(closedRow(row)))) return false
  if (state.id === next.state.id) return true
  engine.emit({ type: 'session.ended', sessionId: state.id, userId: row.userId, reason: 'replaced' })
  return true
}

/** A session whose token leads nowhere any more has ended, or has moved to a token that only another request knows. */
async function endMoved(engine: Engine, presented: Located | null, next: Stored): Promise<void> {
  if (presented === null) return
  const { row, state } = presented.stored
  if (row.userId === null || state.id === next.state.id || !engine.store.isListable) return
  await removeFamily(engine, row.userId, state.id, 'replaced')
}

/**
 * The rows of its renewed tokens lead nowhere now: they must neither pass for a session that the user still has, nor
 * for copies of a token that are still worth something. No login fails for that: what stays behind counts for the rest
 * of its grace period at most.
 */
async function forgetRenewals(engine: Engine, { row, state }: Stored): Promise<void> {
  if (row.userId === null || state.renewedAt === state.createdAt || !engine.store.isListable) return
  try {
    const leftover = (await engine.store.list(row.userId)).filter(({ payload }) =>
      isRenewed(payload, state.id),
    )
    if (leftover.length > 0) await engine.store.remove(leftover.map(({ key }) => key))
  } catch (error) {
    if (!(error instanceof LatchstringError)) throw error
  }
}

function isRenewed(payload: string, sessionId: string): boolean {
  const { state } = decodePayload(payload) ?? {}
  return state?.id === sessionId && state.successor !== undefined
}

async function carryOver(engine: Engine, next: Located, newer: Stored, changes: Changes): Promise<Located> {
  const { row, state } = next.stored
  const data = encodeObject(applyChanges(decodeObject(newer.data) ?? emptyObject(), changes))
  const carried = nextRow(engine, row, state, data)
  if (await engine.store.write(carried)) return { token: next.token, stored: { row: carried, state, data } }
  throw new LatchstringError('conflict', 'the new session was revoked while it was being made')
}
