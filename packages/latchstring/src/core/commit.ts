import { applyChanges, type Changes } from './data.ts'
import { type Engine, MAX_ATTEMPTS } from './engine.ts'
import { LatchstringError } from './errors.ts'
import { decodeObject, emptyObject, encodeObject, type JsonObject } from './json.ts'
import { isRenewalDue, isTouchDue } from './lifetime.ts'
import { commitLogin } from './login.ts'
import { locate } from './open.ts'
import type { SessionState } from './payload.ts'
import { renewToken } from './renew.ts'
import { createStored, isAlive, nextRow, seenAt } from './rows.ts'
import type { Located, Session, Stored } from './session.ts'
import { createSessionId } from './token.ts'

/** Whether a commit of this session would write nothing. */
export function isSettled(engine: Engine, session: Session): boolean {
  if (session.pendingLogin !== null || session.data.changes().size > 0) return false
  const { stored } = session
  return stored === null || !isUpkeepDue(engine, session, stored)
}

/** Stores what the request wants to become of its session. */
export async function commitSession(engine: Engine, session: Session): Promise<void> {
  if (session.pendingLogin !== null) return commitLogin(engine, session, session.pendingLogin)
  const changes = session.data.changes()
  if (session.stored === null) return createForVisitor(engine, session, changes)
  if (changes.size > 0) await saveChanges(engine, session, changes)
  if (session.located !== null && isUpkeepDue(engine, session, session.located.stored)) {
    await keepUp(engine, session, session.located)
  }
}

/** A visitor gets a session with the first value that the application stores. */
async function createForVisitor(engine: Engine, session: Session, changes: Changes): Promise<void> {
  if (changes.size === 0 || session.data.isEmpty) return
  session.requireNewToken()
  const { data } = session
  const created = await createStored(engine, null, visitorState(engine), data.toText())
  data.rebase(created.stored.data, changes)
  session.adopt(created)
  engine.emit({ type: 'session.created', sessionId: created.stored.state.id, userId: null, method: null })
}

function visitorState(engine: Engine): SessionState {
  const now = engine.clock()
  return {
    format: 1,
    id: createSessionId(engine.random),
    userIdType: null,
    createdAt: now,
    renewedAt: now,
    lastSeenAt: now,
    remember: false,
    authentications: [],
    device: { address: null, userAgent: null },
  }
}

/** Applies the changes to the newest row, again and again until no other writer was faster. */
async function saveChanges(engine: Engine, session: Session, changes: Changes): Promise<void> {
  const { data } = session
  let located = await stillAlive(engine, session)
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    if (located === null || !isAlive(engine, located.stored)) return dropChanges(engine, session, changes)
    const values = applyChanges(decodeObject(located.stored.data) ?? emptyObject(), changes)
    const stored = await writeNext(engine, located.stored, session.openedAt, values)
    if (stored !== null) {
      data.rebase(stored.data, changes)
      return session.adopt({ token: located.token, stored })
    }
    located = await locate(engine, located.token, session.openedAt)
  }
  throw new LatchstringError(
    'conflict',
    `the session was changed by others ${MAX_ATTEMPTS} times in a row: try again`,
  )
}

/** The time of what the request has read may be over while others have kept the session alive. */
async function stillAlive(engine: Engine, { located, openedAt }: Session): Promise<Located | null> {
  if (located === null || isAlive(engine, located.stored)) return located
  return locate(engine, located.token, openedAt, 'readFresh')
}

async function writeNext(
  engine: Engine,
  stored: Stored,
  moment: number,
  values: JsonObject,
): Promise<Stored | null> {
  const state = seenAt(stored.state, moment)
  const data = encodeObject(values)
  const row = nextRow(engine, stored.row, state, data)
  return (await engine.store.write(row)) ? { row, state, data } : null
}

/** The session ended elsewhere while the request was on its way: its changes must not bring it back. */
function dropChanges(engine: Engine, session: Session, changes: Changes): void {
  const { id, userIdText } = session
  session.markEnded()
  if (id === null) return
  engine.emit({ type: 'session.lost_update', sessionId: id, userId: userIdText, keys: [...changes.keys()] })
}

function isUpkeepDue(engine: Engine, session: Session, { state }: Stored): boolean {
  const { openedAt, touchRequested, isKeptUp } = session
  if (isKeptUp) return false
  return (
    (touchRequested && state.lastSeenAt < openedAt) ||
    isTouchDue(state, engine.lifetimes, openedAt) ||
    mayRenew(engine, session, state)
  )
}

/** A token that the browser cannot be told any more must not replace the one it has. */
function mayRenew(engine: Engine, session: Session, state: SessionState): boolean {
  return !session.isTokenFixed && isRenewalDue(state, engine.lifetimes, session.openedAt)
}

/** No response reports a touch or a renewal: when the store fails, the session lives on as it was. */
async function keepUp(engine: Engine, session: Session, located: Located): Promise<void> {
  session.isKeptUp = true
  if (!isAlive(engine, located.stored)) return
  try {
    if (mayRenew(engine, session, located.stored.state)) await renewToken(engine, session, located)
    else await touch(engine, session, located)
  } catch (error) {
    if (!(error instanceof LatchstringError)) throw error
  }
}

/** A refused touch is not tried again: whoever was faster has touched the session too, or ended it. */
async function touch(engine: Engine, session: Session, { token, stored }: Located): Promise<void> {
  const state = seenAt(stored.state, session.openedAt)
  const row = nextRow(engine, stored.row, state, stored.data)
  if (await engine.store.write(row)) session.adopt({ token, stored: { row, state, data: stored.data } })
}
