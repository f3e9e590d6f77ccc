import { type Engine, MAX_ATTEMPTS } from './engine.ts'
import { LatchstringError } from './errors.ts'
import type { EndReason } from './events.ts'
import { decodePayload } from './payload.ts'
import { isAlive } from './rows.ts'
import type { Row } from './types.ts'

/** Ends one session of a user by its public id, and tells whether it was there. */
export async function removeFamily(
  engine: Engine,
  userId: string,
  sessionId: string,
  reason: EndReason,
): Promise<boolean> {
  const ended = await removeWhere(engine, userId, reason, (row) => sessionIdOf(row) === sessionId)
  return ended > 0
}

/** Ends all sessions of a user but one, and tells how many. */
export function removeOthers(engine: Engine, userId: string, keptId: string): Promise<number> {
  return removeWhere(engine, userId, 'revoked', (row) => sessionIdOf(row) !== keptId)
}

/** Ends all sessions of a user, and tells how many. */
export function removeAll(engine: Engine, userId: string): Promise<number> {
  return removeWhere(engine, userId, 'revoked', () => true)
}

/**
 * Removes until a list shows none: a row that a renewal creates after that last list cannot stay, because
 * the renewal then finds its own row removed.
 */
async function removeWhere(
  engine: Engine,
  userId: string,
  reason: EndReason,
  isMeant: (row: Row) => boolean,
): Promise<number> {
  const ended = new Set<string>()
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const rows = (await engine.store.list(userId)).filter(isMeant)
    if (rows.length === 0) return report(engine, userId, ended, reason)
    const living = rows.filter((row) => isLiving(engine, row))
    if ((await engine.store.remove(rows.map((row) => row.key))) > 0) addIds(ended, living)
  }
  throw new LatchstringError(
    'conflict',
    'new sessions of one user kept appearing while they were being revoked',
  )
}

function report(engine: Engine, userId: string, ended: ReadonlySet<string>, reason: EndReason): number {
  for (const sessionId of ended) engine.emit({ type: 'session.ended', sessionId, userId, reason })
  return ended.size
}

function addIds(ids: Set<string>, rows: readonly Row[]): void {
  for (const row of rows) ids.add(sessionIdOf(row) ?? row.key)
}

function isLiving(engine: Engine, row: Row): boolean {
  const payload = decodePayload(row.payload)
  return payload !== null && isAlive(engine, { row, ...payload })
}

function sessionIdOf(row: Row): string | null {
  return decodePayload(row.payload)?.state.id ?? null
}
