import { isObject } from '../core/json.ts'
import type { UserId } from '../core/types.ts'
import { isUserIdType, restoreUserId, type UserIdType, userIdText } from '../core/user.ts'

/** A user's id as JSON can hold it, with the type that the application gave it. */
export interface StoredUserId {
  readonly userId: string
  readonly userIdType: UserIdType
}

export function storeUserId(userId: UserId): StoredUserId {
  const type = typeof userId
  return { userId: userIdText(userId), userIdType: isUserIdType(type) ? type : 'string' }
}

export function restoreStored({ userId, userIdType }: StoredUserId): UserId {
  return restoreUserId(userId, userIdType)
}

export function holdsUserId(value: unknown): value is StoredUserId {
  if (!isObject(value)) return false
  const stored: { readonly userId?: unknown; readonly userIdType?: unknown } = value
  return typeof stored.userId === 'string' && isUserIdType(stored.userIdType)
}
