import type { UserId } from '../core/types.ts'
import type { Accounts, Visitor } from './accounts.ts'
import type { ActivityType } from './types.ts'

/**
 * Tells the application's listener, and the user's timeline, what happened to an account. Nobody waits for it.
 * `sessionId` names the session that it happened in; default: the visitor's, if it is this user's.
 */
export function note(
  { emit, activity }: Pick<Accounts, 'emit' | 'activity'>,
  { exchange: { session }, device }: Visitor,
  userId: UserId,
  type: ActivityType,
  sessionId: string | null = session.userIdText === String(userId) ? session.id : null,
): void {
  emit({ type: 'account.activity', activity: type, userId, sessionId })
  activity.recordSoon(userId, type, { sessionId, device })
}
