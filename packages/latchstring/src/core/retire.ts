import { applyChanges, type Changes } from './data.ts'
import { type Engine, MAX_ATTEMPTS } from './engine.ts'
import { LatchstringError } from './errors.ts'
import { decodeObject, emptyObject, encodeObject } from './json.ts'
import { locate } from './open.ts'
import { closedRow, nextRow } from './rows.ts'
import type { Located, Session, Stored } from './session.ts'

/**
 * Ends the session that was presented at the login. If another request wrote to it meanwhile, what it wrote
 * goes along into the new session; with `changes` null the data stays behind.
 */
export async function retirePrevious(
  engine: Engine,
  session: Session,
  created: Located,
  changes: Changes | null,
): Promise<Located> {
  let next = created
  let previous = session.located
  for (let attempt = 0; previous !== null && attempt < MAX_ATTEMPTS; attempt++) {
    if (await closePrevious(engine, previous.stored)) return next
    previous = await locate(engine, previous.token, session.openedAt)
    if (previous !== null && changes !== null) next = await carryOver(engine, next, previous.stored, changes)
  }
  if (previous === null) return next
  throw new LatchstringError(
    'conflict',
    'the session before the login was changed by others too often: try again',
  )
}

async function closePrevious(engine: Engine, { row, state }: Stored): Promise<boolean> {
  if (!(await engine.store.write(closedRow(row)))) return false
  engine.emit({ type: 'session.ended', sessionId: state.id, userId: row.userId, reason: 'replaced' })
  return true
}

async function carryOver(engine: Engine, next: Located, newer: Stored, changes: Changes): Promise<Located> {
  const { row, state } = next.stored
  const data = encodeObject(applyChanges(decodeObject(newer.data) ?? emptyObject(), changes))
  const carried = nextRow(engine, row, state, data)
  if (await engine.store.write(carried)) return { token: next.token, stored: { row: carried, state, data } }
  throw new LatchstringError('conflict', 'the new session was revoked while it was being made')
}
