import type { Life, Stored } from './backend.ts'

/** How long sessions live, in milliseconds; `null`: no such end. */
export interface Lifetimes {
  /** For sessions whose cookie has no `maxAge`. */
  readonly idle: number | null
  readonly absolute: number | null
}

const LONGEST_TOUCH_INTERVAL = 60_000

/** A session may last at least as long as its cookie was given. */
function absoluteEnd(createdAt: number, length: number | null, { absolute }: Lifetimes): number {
  return absolute === null ? Number.POSITIVE_INFINITY : createdAt + Math.max(absolute, length ?? 0)
}

function idleLength(length: number | null, { idle }: Lifetimes): number {
  return length ?? idle ?? Number.POSITIVE_INFINITY
}

/** `length` is the cookie's full length of life, `null` for one that goes with the browser. */
export function expiryOf({ createdAt, seenAt }: Life, length: number | null, lifetimes: Lifetimes): number {
  return Math.min(seenAt + idleLength(length, lifetimes), absoluteEnd(createdAt, length, lifetimes))
}

/** The end that no activity moves. The other one is the store's to keep: its row may not tell of touches. */
export function hasReachedEnd({ life, cookie }: Stored, lifetimes: Lifetimes, now: number): boolean {
  return life !== null && now >= absoluteEnd(life.createdAt, lengthOf(cookie), lifetimes)
}

/** A touch that is left out only ever shortens a session. */
export function isTouchDue(
  touchedAt: number,
  length: number | null,
  lifetimes: Lifetimes,
  now: number,
): boolean {
  return now - touchedAt >= Math.min(LONGEST_TOUCH_INTERVAL, idleLength(length, lifetimes) / 10)
}

export function lengthOf(cookie: object): number | null {
  const length: unknown = 'originalMaxAge' in cookie ? cookie.originalMaxAge : null
  return typeof length === 'number' ? length : null
}
