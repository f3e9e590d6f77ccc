import type { Engine } from './engine.ts'
import { expiryOf } from './lifetime.ts'
import type { Authentication, Device } from './payload.ts'
import { decodeRow, isAlive } from './rows.ts'
import type { Stored } from './session.ts'

/** What may be shown of a session. */
export interface SessionInfo {
  /** Public handle, for `revoke`. */
  readonly id: string
  readonly createdAt: number
  readonly lastSeenAt: number
  readonly expiresAt: number
  readonly authentications: readonly Authentication[]
  readonly device: Device
}

/** The live sessions of a user, the one seen last first. */
export async function listSessions(engine: Engine, userId: string): Promise<SessionInfo[]> {
  const byId = new Map<string, SessionInfo>()
  for (const stored of (await liveSessions(engine, userId)).sort(byRenewal)) {
    byId.set(stored.state.id, describe(engine, stored))
  }
  return [...byId.values()].sort((one, other) => other.lastSeenAt - one.lastSeenAt)
}

/** The row of a renewed token is no session of its own. */
async function liveSessions(engine: Engine, userId: string): Promise<Stored[]> {
  const rows = await engine.store.list(userId)
  return rows
    .map((row) => decodeRow(engine, row))
    .filter((stored) => stored !== null)
    .filter((stored) => stored.state.successor === undefined && isAlive(engine, stored))
}

function byRenewal(one: Stored, other: Stored): number {
  return one.state.renewedAt - other.state.renewedAt
}

function describe(engine: Engine, { row, state }: Stored): SessionInfo {
  const { id, createdAt, lastSeenAt, authentications, device } = state
  const expiresAt = Math.min(row.expiresAt, expiryOf(state, engine.lifetimes))
  return { id, createdAt, lastSeenAt, expiresAt, authentications, device }
}
