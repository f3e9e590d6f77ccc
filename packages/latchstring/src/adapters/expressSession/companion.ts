import type { Keeping } from './persist.ts'
import type { SessionOwner } from './session.ts'

/** What the middleware knows and a store does not: for sessions that are loaded outside of a request. */
export interface Companion {
  readonly keeping: Keeping
  /** Gives a request that did not come through the middleware a new session. */
  generate(request: SessionOwner): void
}

/** By store, and not on it: two middlewares may share one. */
const companions = new WeakMap<object, Companion>()

export function setCompanion(store: object, companion: Companion): void {
  companions.set(store, companion)
}

export function companionOf(store: object): Companion | undefined {
  return companions.get(store)
}
