import type { Engine } from './engine.ts'
import type { Device, SessionState } from './payload.ts'
import type { UserId } from './types.ts'
import { isUserIdType } from './user.ts'

/** What is known of a session that lives elsewhere and may go on as one of ours. */
export interface Arrival {
  /** `null` for a visitor. */
  readonly userId: UserId | null
  /** The JSON of the application's data. */
  readonly data: string
  /** When it ends there; `null` if it does not say. */
  readonly endsAt: number | null
  /** Whether each request prolongs it there. */
  readonly isRolling: boolean
  readonly device: Device
}

/** A session that lives elsewhere, presented by a request. */
export interface Elsewhere {
  /** Tells it apart from all others. Only a hash of it is stored. */
  readonly id: string
  /** The secrets by which a browser can present it, the one presented now first. */
  readonly secrets: readonly string[]
  /** `null` if it is not there, or nothing can be taken over. */
  read(): Promise<Arrival | null>
  /** Ends it there. May be called again. */
  end(): Promise<void>
}

/** The state with which a session goes on here. Nobody has proved anything by it, so it has no authentications. */
export function arrivedState(engine: Engine, arrival: Arrival, id: string): SessionState {
  const now = engine.clock()
  const type = typeof arrival.userId
  return {
    format: 1,
    id,
    userIdType: isUserIdType(type) ? type : null,
    createdAt: now,
    renewedAt: now,
    authentications: [],
    device: arrival.device,
    ...lifeOf(engine, arrival, now),
  }
}

/**
 * The rest of the old life. One with an end outlived the browser, so it is remembered; one that each request prolonged
 * by no more than our idle timeout goes on being prolonged, by that.
 */
function lifeOf(
  { lifetimes: { idle } }: Engine,
  { endsAt, isRolling }: Arrival,
  now: number,
): Pick<SessionState, 'lastSeenAt' | 'remember' | 'endsAt'> {
  if (endsAt === null) return { lastSeenAt: now, remember: false }
  if (isRolling && endsAt - now <= idle) return { lastSeenAt: endsAt - idle, remember: false }
  return { lastSeenAt: now, remember: true, endsAt }
}
