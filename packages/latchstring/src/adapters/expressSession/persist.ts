import type { Device } from '../../core/payload.ts'
import type { Clock } from '../../core/types.ts'
import type { Backend, Draft, Stored } from './backend.ts'
import { expiryOf, type Lifetimes, lengthOf } from './lifetime.ts'
import type { Session } from './session.ts'
import { changesBetween, type Texts, textsOf, valuesOf } from './texts.ts'
import { type Tracked, trackedOf } from './tracked.ts'

/** Where and for how long sessions are kept. */
export interface Keeping {
  readonly backend: Backend
  readonly lifetimes: Lifetimes
  readonly clock: Clock
}

const NO_DEVICE: Device = { address: null, userAgent: null }

/** Stores a session with what this request changed of it. One that ended meanwhile stays ended. */
export async function persist(keeping: Keeping, session: Session, device: Device = NO_DEVICE): Promise<void> {
  const tracked = trackedOf(session)
  if (tracked.isGone) return
  const texts = textsOf(session)
  const draft = draftOf(keeping, session, tracked, texts, device)
  const { backend } = keeping
  tracked.mayBeStored = true
  const stored =
    tracked.stored === null
      ? await backend.create(session.id, draft)
      : await backend.update(session.id, tracked.stored, draft)
  tracked.saved = texts
  if (stored === null) tracked.isGone = true
  else adopt(session, tracked, stored)
}

/** Another request may have given the cookie another length of life meanwhile. */
function adopt({ cookie }: Session, tracked: Tracked, stored: Stored): void {
  tracked.stored = stored
  const length = lengthOf(stored.cookie)
  if (length !== lengthOf(cookie)) cookie.maxAge = length
}

/** Moves the end of a session that this request did not change. */
export async function keepAlive(keeping: Keeping, session: Session): Promise<void> {
  const tracked = trackedOf(session)
  if (tracked.stored === null) return
  const draft = draftOf(keeping, session, tracked, tracked.saved ?? tracked.original, NO_DEVICE)
  await keeping.backend.touch(session.id, tracked.stored, draft)
}

function draftOf(
  { lifetimes, clock }: Keeping,
  session: Session,
  tracked: Tracked,
  texts: Texts,
  device: Device,
): Draft {
  const { cookie } = session
  const now = clock()
  const life = { createdAt: tracked.createdAt ?? tracked.stored?.life?.createdAt ?? now, seenAt: now }
  return {
    values: valuesOf(texts, session),
    changes: changesBetween(tracked.saved ?? tracked.original, texts, session),
    cookie,
    life,
    expiryFor: (length) => expiryOf(life, length, lifetimes),
    identity: tracked.identity,
    device,
  }
}
