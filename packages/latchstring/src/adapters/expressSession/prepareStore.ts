import { actionsOf } from './actions.ts'
import { companionOf, setCompanion } from './companion.ts'
import { Cookie } from './cookie.ts'
import type { Kept } from './keep.ts'
import type { ExpressStore, Policy } from './options.ts'
import { Session, type SessionOwner } from './session.ts'
import { Store } from './store.ts'
import { track } from './tracked.ts'

/** For sessions that the store itself loads, and for stores that inherit from another express-session. */
export function prepareStore({ store, keeping, ids }: Kept, policy: Policy): void {
  const generate = (request: SessionOwner) => {
    request.sessionID = ids.keyOf(ids.createToken())
    const session = new Session(request, { cookie: new Cookie({}, policy.clock) })
    track(session)
    request.session = session
  }
  setCompanion(store, { keeping, generate })
  if (!(store instanceof Store)) Object.assign(store, { generate: generateFor(store) })
}

/** For a store that inherits from elsewhere. Whose request it is decides, and not who came last. */
function generateFor(store: object): (request: SessionOwner) => void {
  const before: unknown = 'generate' in store ? store.generate : null
  return (request) => {
    const actions = actionsOf(request)
    if (actions !== undefined) actions.generate()
    else if (typeof before === 'function') Reflect.apply(before, store, [request])
    else companionOf(store)?.generate(request)
  }
}

/** Some stores say when they have lost their server. */
export function readinessOf(store: ExpressStore): () => boolean {
  let isReady = true
  store.on('disconnect', () => {
    isReady = false
  })
  store.on('connect', () => {
    isReady = true
  })
  return () => isReady
}
