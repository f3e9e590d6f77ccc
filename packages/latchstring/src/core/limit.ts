import { type Engine, MAX_ATTEMPTS } from './engine.ts'
import { LatchstringError } from './errors.ts'
import { decodeObject, encodeObject } from './json.ts'
import { removeFamily } from './revoke.ts'
import { decodeRow, nextRow, showsLife } from './rows.ts'
import type { Located, Stored } from './session.ts'
import { tokenKey } from './token.ts'
import type { Row } from './types.ts'

/** How many sessions a user may have, and what happens at the next login. */
export interface SessionLimit {
  readonly max: number
  readonly policy: 'revoke-oldest' | 'deny'
}

/**
 * Lets a login pass when it is the user's turn and there is room for its session, which waits as pending.
 *
 * Each user with a limit has one more row, the turnstile. A login counts the sessions and then swaps the
 * turnstile: if the swap succeeds, nobody else was let in between the count and the swap. The turnstile names
 * those who were let in and may still be pending, so that the next one counts them.
 */
export async function admit(
  engine: Engine,
  limit: SessionLimit,
  created: Located,
  previous: Located | null,
): Promise<void> {
  const { id } = created.stored.state
  const userId = String(created.stored.row.userId)
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const turnstile = await engine.store.read(turnstileKey(userId))
    const admitted = admittedIds(turnstile)
    const others = (await countedSessions(engine, userId, admitted)).filter(
      ({ state }) => state.id !== id && state.id !== previous?.stored.state.id,
    )
    const room = limit.max - others.length
    if (room < 1) await makeRoom(engine, limit, userId, others, 1 - room)
    else if (await pass(engine, userId, turnstile, [...pendingIds(others), id])) return
  }
  throw new LatchstringError('conflict', 'too many logins of one user at the same moment: try again')
}

/** The session is let in: from now on its token is worth something. */
export async function activate(engine: Engine, { token, stored }: Located): Promise<Located> {
  const { isPending: _, ...state } = stored.state
  const row = nextRow(engine, stored.row, state, stored.data)
  if (await engine.store.write(row)) return { token, stored: { row, state, data: stored.data } }
  throw new LatchstringError('conflict', 'the new session was revoked while it was being made')
}

/** The user's living sessions, and those that were let in a moment ago. The oldest comes first. */
async function countedSessions(
  engine: Engine,
  userId: string,
  admitted: ReadonlySet<string>,
): Promise<Stored[]> {
  const rows = await engine.store.list(userId)
  const counted = rows
    .map((row) => decodeRow(engine, row))
    .filter((stored) => stored !== null)
    .filter((stored) => isCounted(engine, stored, admitted))
  const byId = new Map(counted.map((stored) => [stored.state.id, stored]))
  return [...byId.values()].sort((one, other) => one.state.createdAt - other.state.createdAt)
}

function isCounted(engine: Engine, stored: Stored, admitted: ReadonlySet<string>): boolean {
  if (stored.state.isPending !== true) return showsLife(engine, stored)
  return admitted.has(stored.state.id)
}

async function makeRoom(
  engine: Engine,
  { policy, max }: SessionLimit,
  userId: string,
  others: readonly Stored[],
  missing: number,
): Promise<void> {
  if (policy === 'deny') {
    engine.emit({ type: 'login.refused', userId, reason: 'session_limit' })
    throw new LatchstringError('session_limit', `this user has ${max} sessions already: end one to log in`)
  }
  for (const { state } of others.slice(0, missing)) {
    await removeFamily(engine, userId, state.id, 'session_limit')
  }
}

function pass(
  engine: Engine,
  userId: string,
  turnstile: Row | null,
  ids: readonly string[],
): Promise<boolean> {
  const { absolute, remember } = engine.lifetimes
  return engine.store.write({
    key: turnstileKey(userId),
    userId: null,
    version: (turnstile?.version ?? 0) + 1,
    expiresAt: engine.clock() + Math.max(absolute, remember),
    payload: encodeObject({ admitted: ids }),
  })
}

function pendingIds(sessions: readonly Stored[]): string[] {
  return sessions.filter(({ state }) => state.isPending === true).map(({ state }) => state.id)
}

function admittedIds(turnstile: Row | null): ReadonlySet<string> {
  const { admitted } = decodeObject(turnstile?.payload ?? '{}') ?? {}
  return new Set(Array.isArray(admitted) ? admitted.filter((id) => typeof id === 'string') : [])
}

/** No token hashes to it: tokens have no spaces. */
function turnstileKey(userId: string): string {
  return tokenKey(`session limit of ${userId}`)
}
