import { isObject } from '../core/json.ts'
import type { UserId } from '../core/types.ts'

/** Whose session an old one is. */
export interface OldUser {
  readonly id: UserId
  /** Put on the session as `req.session.username`. */
  readonly username?: string | null | undefined
}

/** What an old session holds: the data of the application, and of passport. */
export type OldValues = Readonly<Record<string, unknown>>

/**
 * Finds the user in the data of an old session; `null` for a visitor. It may look the user up, and answer `null` for
 * one who must not be logged in.
 */
export type UserOf = (data: OldValues) => OldUser | null | Promise<OldUser | null>

/** There is somebody in the session, but not in a form that tells who. */
export class UnknownUser extends Error {}

/** Passport's user, else the `userId` or `user` of tutorials. */
export function findOldUser(data: OldValues): OldUser | null {
  const { passport, userId, user }: { readonly [K in 'passport' | 'userId' | 'user']?: unknown } = data
  const kept: { readonly user?: unknown } = isObject(passport) ? passport : {}
  const [found] = [kept.user, userId, user].filter(isSomebody)
  return found === undefined ? null : userFrom(found)
}

/** Applications log users out by `null`, `false` or an empty text as well. */
function isSomebody(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== ''
}

/** What passport serialises is an id, or an object with one. */
function userFrom(value: unknown): OldUser {
  if (isId(value)) return { id: value }
  const { id, username }: { readonly id?: unknown; readonly username?: unknown } = isObject(value)
    ? value
    : {}
  if (!isId(id)) throw new UnknownUser('an object without an id that is a text or a number')
  return { id, username: typeof username === 'string' ? username : null }
}

function isId(value: unknown): value is string | number {
  return (typeof value === 'string' && value !== '') || Number.isSafeInteger(value)
}
