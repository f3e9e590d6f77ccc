import { createSessionId } from '../../core/token.ts'
import type { UserId } from '../../core/types.ts'
import { isUserIdType, userIdText } from '../../core/user.ts'
import type { Identity } from './backend.ts'
import type { Policy } from './options.ts'
import type { Session } from './session.ts'
import { trackedOf } from './tracked.ts'

/** Of a session that somebody begins by logging in. */
export function identify(userId: UserId, { clock, random }: Policy): Identity {
  const type = typeof userId
  return {
    publicId: createSessionId(random),
    userId: userIdText(userId),
    userIdType: isUserIdType(type) ? type : null,
    authentications: [{ method: 'password', at: clock() }],
  }
}

/** Whether what is in a session may go on as this user's: a visitor's and their own, but nobody else's. */
export function mayGoTo({ userId }: Identity, session: Session): boolean {
  const previous = trackedOf(session).identity?.userId ?? null
  return previous === null || previous === userId
}
