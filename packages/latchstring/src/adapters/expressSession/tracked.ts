import type { Identity, Stored } from './backend.ts'
import { insideOf } from './inside.ts'
import type { Session } from './session.ts'
import { type Texts, textsOf } from './texts.ts'

/**
 * What is known of a session object beside what the application sees. A class, as V8 took literals of it for
 * long-lived and kept with each what its request had: scavenges took 17 ms each instead of 7.
 */
export class Tracked {
  /** As it was when the request got it. */
  readonly original: Texts
  /** As it was when it was last stored; `null` if it has to be stored whatever it holds. */
  saved: Texts | null = null
  /** As the store has it; `null` if it was never stored, as far as is known. */
  stored: Stored | null
  /** Whether there may be a row: also after a write that nobody knows the outcome of. */
  mayBeStored: boolean
  /** Ended by somebody else while the request was on its way. */
  isGone = false
  /** When the session began, if this object goes on with an earlier one. */
  readonly createdAt: number | null
  readonly identity: Identity | null

  constructor(original: Texts, stored: Stored | null, createdAt: number | null, identity: Identity | null) {
    this.original = original
    this.stored = stored
    this.mayBeStored = stored !== null
    this.createdAt = createdAt
    this.identity = identity
  }
}

export function trackedOf(session: Session): Tracked {
  return insideOf(session).tracked ?? track(session)
}

/** A session that no store has yet. */
export function track(
  session: Session,
  { createdAt = null, identity = null }: { createdAt?: number | null; identity?: Identity | null } = {},
): Tracked {
  return trackAs(session, new Tracked(textsOf(session), null, createdAt, identity))
}

/** A session as the store has it. */
export function trackStored(session: Session, stored: Stored, isSaved: boolean): void {
  const { life, identity } = stored
  const tracked = new Tracked(textsOf(session), stored, life?.createdAt ?? null, identity)
  if (isSaved) tracked.saved = tracked.original
  trackAs(session, tracked)
}

/** Also for another object that stands for the same session. */
export function trackAs(session: Session, tracked: Tracked): Tracked {
  insideOf(session).tracked = tracked
  return tracked
}
