import type { LatchstringError } from './errors.ts'
import type { Clock } from './types.ts'

export type EndReason = 'logged_out' | 'replaced' | 'revoked' | 'session_limit' | 'token_reused'

/** What happened to sessions. Every event carries `at`, in milliseconds since the epoch; none carries a token. */
export type SessionEvent =
  /** A session was stored: at login, or for a visitor whose data was saved. */
  | { type: 'session.created'; at: number; sessionId: string; userId: string | null; method: string | null }
  /** The token of a session was replaced by a successor. */
  | { type: 'session.renewed'; at: number; sessionId: string; userId: string | null }
  | { type: 'session.ended'; at: number; sessionId: string; userId: string | null; reason: EndReason }
  /** A request presented the token of a session whose time was over. */
  | { type: 'session.expired'; at: number; sessionId: string; userId: string | null }
  /** A request changed a session that had ended meanwhile: the change was dropped. */
  | {
      type: 'session.lost_update'
      at: number
      sessionId: string
      userId: string | null
      keys: readonly string[]
    }
  /** A renewed token came back after its grace period: somebody kept a copy. */
  | { type: 'session.token_reused'; at: number; sessionId: string; userId: string | null }
  /** A stored payload cannot be decoded: it counts as no session. */
  | { type: 'session.unreadable'; at: number; userId: string | null }
  | { type: 'login.refused'; at: number; userId: string; reason: 'credential_changed' | 'session_limit' }
  | { type: 'store.failed'; at: number; operation: StoreOperation; error: LatchstringError }

export type StoreOperation = 'read' | 'write' | 'remove' | 'list' | 'purge'

type WithoutTime<Event> = Event extends unknown ? Omit<Event, 'at'> : never

/** Reports an event; it never throws and nobody waits for it. */
export type EmitOf<Event> = (event: WithoutTime<Event>) => void
export type Emit = EmitOf<SessionEvent>

/** A listener that fails, at once or later, never reaches a login. */
export function createEmit<Event>(
  clock: Clock,
  listener: ((event: WithoutTime<Event> & { at: number }) => unknown) | undefined,
): EmitOf<Event> {
  return (event) => {
    try {
      Promise.resolve(listener?.({ ...event, at: clock() })).catch(() => {})
    } catch {
      // The listener is the application's: its failures are for the application to notice.
    }
  }
}
