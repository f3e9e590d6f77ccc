import type { Identity, Stored } from './backend.ts'
import { insideOf } from './inside.ts'
import type { Session } from './session.ts'
import { type Texts, textsOf } from './texts.ts'

/** What is known of a session object beside what the application sees. */
export interface Tracked {
  /** As it was when the request got it. */
  readonly original: Texts
  /** As it was when it was last stored; `null` if it has to be stored whatever it holds. */
  saved: Texts | null
  /** As the store has it; `null` if it was never stored, as far as is known. */
  stored: Stored | null
  /** Whether there may be a row: also after a write that nobody knows the outcome of. */
  mayBeStored: boolean
  /** Ended by somebody else while the request was on its way. */
  isGone: boolean
  /** When the session began, if this object goes on with an earlier one. */
  readonly createdAt: number | null
  readonly identity: Identity | null
}

export function trackedOf(session: Session): Tracked {
  return insideOf(session).tracked ?? track(session)
}

/** A session that no store has yet. */
export function track(
  session: Session,
  { createdAt = null, identity = null }: { createdAt?: number | null; identity?: Identity | null } = {},
): Tracked {
  const begun = {
    original: textsOf(session),
    saved: null,
    stored: null,
    mayBeStored: false,
    isGone: false,
    createdAt,
    identity,
  }
  insideOf(session).tracked = begun
  return begun
}

/** A session as the store has it. */
export function trackStored(session: Session, stored: Stored, isSaved: boolean): Tracked {
  const original = textsOf(session)
  const loaded = {
    original,
    saved: isSaved ? original : null,
    stored,
    mayBeStored: true,
    isGone: false,
    createdAt: stored.life?.createdAt ?? null,
    identity: stored.identity,
  }
  insideOf(session).tracked = loaded
  return loaded
}

/** Another object stands for the same session. */
export function trackAs(session: Session, known: Tracked): void {
  insideOf(session).tracked = known
}
