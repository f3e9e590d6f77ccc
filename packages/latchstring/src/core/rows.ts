import type { Engine } from './engine.ts'
import { LatchstringError } from './errors.ts'
import { absoluteEnd, expiryOf } from './lifetime.ts'
import { decodePayload, encodePayload, type Payload, type SessionState } from './payload.ts'
import type { Located, Session, Stored } from './session.ts'
import { createToken, tokenKey } from './token.ts'
import type { Row } from './types.ts'
import { isIdText } from './user.ts'

/** A random source that repeats itself this often is broken. */
const MAX_COLLISIONS = 3

/** Whether the answer of a cache will do. */
export type Reading = 'read' | 'readFresh'

/** The session of a row that the store has just answered, or `null` if it is not alive. */
export function liveSession(engine: Engine, row: Row | null): Stored | null {
  const stored = row === null || isClosed(row) ? null : recall(engine, row)
  if (stored === null || isAlive(engine, stored)) return stored
  const { row: expired, state } = stored
  engine.emit({ type: 'session.expired', sessionId: state.id, userId: expired.userId })
  return null
}

/** The row with its payload, or `null` (and one event) if the payload is not the engine's. */
export function decodeRow(engine: Engine, row: Row): Stored | null {
  return storedOf(engine, row, decodePayload(row.payload))
}

/** The same for a session that may have been seen a moment ago. What is found must not be handed out. */
function recall(engine: Engine, row: Row): Stored | null {
  return storedOf(engine, row, engine.recentPayloads.decode(row.key, row.payload))
}

function storedOf(engine: Engine, row: Row, payload: Payload | null): Stored | null {
  if (payload === null || !belongsTogether(payload.state, row)) {
    engine.emit({ type: 'session.unreadable', userId: row.userId })
    return null
  }
  const { state, data, shared } = payload
  return shared === undefined ? { row, state, data } : { row, state, data, shared }
}

function belongsTogether({ userIdType }: SessionState, { userId }: Row): boolean {
  if (userIdType === null || userId === null) return userIdType === userId
  return isIdText(userId, userIdType)
}

export function isAlive(engine: Engine, { row, state }: Stored): boolean {
  const revokedBefore = engine.revokedBefore?.() ?? Number.NEGATIVE_INFINITY
  const expiresAt = Math.min(row.expiresAt, expiryOf(state, engine.lifetimes))
  if (state.isPending === true) return false
  return engine.clock() < expiresAt && state.createdAt >= revokedBefore
}

/**
 * Whether a listed row shows that its session is alive. The row of a renewed token does so only during its grace
 * period, in which a list may show it without its successor.
 */
export function showsLife(engine: Engine, stored: Stored): boolean {
  const { successor } = stored.state
  return isAlive(engine, stored) && (successor === undefined || engine.clock() < successor.acceptedUntil)
}

/** The next version of a stored session, with the expiry that its state gives. */
export function nextRow(engine: Engine, row: Row, state: SessionState, data: string): Row {
  return {
    key: row.key,
    userId: row.userId,
    version: row.version + 1,
    expiresAt: expiryOf(state, engine.lifetimes),
    payload: encodePayload(state, data),
  }
}

/** The state after activity at this moment. Another node may have seen a later one already. */
export function seenAt(state: SessionState, moment: number): SessionState {
  return { ...state, lastSeenAt: Math.max(state.lastSeenAt, moment) }
}

/**
 * What a row becomes when its session moves to another token: a version that refuses every write still on
 * its way, found by nobody and left to the purge. A removal could not tell that the row had changed.
 */
export function closedRow(row: Row): Row {
  return { key: row.key, userId: null, version: row.version + 1, expiresAt: 0, payload: '' }
}

export function isClosed(row: Row): boolean {
  return row.expiresAt === 0
}

/** Stores a new session under a new token. A token that exists already is never overwritten. */
export async function createStored(
  engine: Engine,
  userId: string | null,
  state: SessionState,
  data: string,
): Promise<Located> {
  for (let collisions = 0; collisions < MAX_COLLISIONS; collisions++) {
    const token = createToken(engine.random)
    const row = firstRow(engine, tokenKey(token), userId, state, data)
    if (await engine.store.write(row)) return { token, stored: { row, state, data } }
  }
  throw new LatchstringError(
    'conflict',
    'the random source repeats itself: no new session token could be made',
  )
}

export function firstRow(
  engine: Engine,
  key: string,
  userId: string | null,
  state: SessionState,
  data: string,
): Row {
  const expiresAt = expiryOf(state, engine.lifetimes)
  return { key, userId, version: 1, expiresAt, payload: encodePayload(state, data) }
}

/** Milliseconds that a session can still live at most. */
export function remainingLifetime(engine: Engine, session: Session): number {
  return session.state === null ? 0 : absoluteEnd(session.state, engine.lifetimes) - engine.clock()
}
