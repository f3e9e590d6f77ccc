import { type Engine, MAX_ATTEMPTS } from './engine.ts'
import { LatchstringError } from './errors.ts'
import type { EndReason } from './events.ts'
import { decodePayload } from './payload.ts'
import { showsLife } from './rows.ts'
import type { Row } from './types.ts'

/**
 * Ends one session of a user by its public id, and tells whether it was there. If somebody presented its token, the
 * row of that ends too when it is in no list: a fail-over may have taken its entry back.
 */
export async function removeFamily(
  engine: Engine,
  userId: string,
  sessionId: string,
  reason: EndReason,
  presentedKey: string | null = null,
): Promise<boolean> {
  const isMeant = (row: Row) => sessionIdOf(row) === sessionId
  return (await removeWhere(engine, userId, reason, isMeant, presentedKey)) > 0
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
 * the renewal then finds its own row removed. The first list alone never says so: while a store makes it, a rotation
 * may take a row out of it and put its successor in behind.
 */
async function removeWhere(
  engine: Engine,
  userId: string,
  reason: EndReason,
  isMeant: (row: Row) => boolean,
  presentedKey: string | null = null,
): Promise<number> {
  const ended = new Set<string>()
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const rows = (await rowsOf(engine, userId, attempt === 0 ? presentedKey : null)).filter(isMeant)
    if (rows.length === 0 && attempt > 0) return report(engine, userId, ended, reason)
    if (rows.length === 0) continue
    const living = rows.filter((row) => isLiving(engine, row))
    if ((await engine.store.remove(rows.map((row) => row.key))) > 0) addIds(ended, living)
  }
  throw new LatchstringError(
    'conflict',
    'new sessions of one user kept appearing while they were being revoked',
  )
}

async function rowsOf(engine: Engine, userId: string, presentedKey: string | null): Promise<Row[]> {
  const listed = await engine.store.list(userId)
  if (presentedKey === null || listed.some(({ key }) => key === presentedKey)) return listed
  const presented = await engine.store.readFresh(presentedKey)
  return presented === null ? listed : [...listed, presented]
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
  return payload !== null && showsLife(engine, { row, ...payload })
}

function sessionIdOf(row: Row): string | null {
  return decodePayload(row.payload)?.state.id ?? null
}
