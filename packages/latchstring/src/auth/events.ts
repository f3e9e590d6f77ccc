import type { SessionEvent } from '../core/events.ts'
import type { HttpEvent } from '../http/events.ts'
import type { AccountEvent } from './types.ts'

/** Everything that the application's listener is told. */
export type AuthEvent = SessionEvent | HttpEvent | AccountEvent
