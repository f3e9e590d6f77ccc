import type { SessionState } from './payload.ts'

/** How long sessions live, in milliseconds. */
export interface Lifetimes {
  readonly idle: number
  readonly absolute: number
  /** The absolute timeout of a remembered session, which has no idle timeout. */
  readonly remember: number
  readonly renewal: Renewal | null
}

export interface Renewal {
  readonly every: number
  readonly grace: number
}

const LONGEST_TOUCH_INTERVAL = 60_000

/** The end that no activity can move. */
export function absoluteEnd(state: SessionState, lifetimes: Lifetimes): number {
  const timeout = state.remember ? lifetimes.remember : lifetimes.absolute
  return Math.min(state.createdAt + timeout, state.endsAt ?? Number.POSITIVE_INFINITY)
}

export function expiryOf(state: SessionState, lifetimes: Lifetimes): number {
  const idleEnd = state.remember ? Number.POSITIVE_INFINITY : state.lastSeenAt + lifetimes.idle
  return Math.min(idleEnd, absoluteEnd(state, lifetimes))
}

/** A touch that is left out only ever shortens a session: its expiry counts from the last one written. */
export function isTouchDue(state: SessionState, lifetimes: Lifetimes, now: number): boolean {
  return now - state.lastSeenAt >= Math.min(LONGEST_TOUCH_INTERVAL, lifetimes.idle / 10)
}

/** Visitors' tokens are replaced at login; only a user's session is renewed. */
export function isRenewalDue(state: SessionState, lifetimes: Lifetimes, now: number): boolean {
  const { renewal } = lifetimes
  return renewal !== null && state.userIdType !== null && now - state.renewedAt >= renewal.every
}
