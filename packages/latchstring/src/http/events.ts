import type { SessionEvent } from '../core/events.ts'

/** What happened to requests, beside what happened to sessions. */
export type HttpEvent =
  /** A request carried several cookies of our name: none was believed. */
  | { type: 'cookie.duplicate'; at: number }
  /** An unsafe request of another site was refused. */
  | { type: 'request.cross_origin'; at: number; origin: string | null }

export type AuthEvent = SessionEvent | HttpEvent
