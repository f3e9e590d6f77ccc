import { EventEmitter } from 'node:events'
import type { SessionCallback } from '../../http/promiseOrCallback.ts'
import { answerOf } from '../../stores/_expressCall.ts'
import { actionsOf, setActions } from './actions.ts'
import { companionOf } from './companion.ts'
import { hasReachedEnd } from './lifetime.ts'
import { Session, type SessionOwner } from './session.ts'
import { StandaloneActions } from './standalone.ts'
import { restoreCookie, storedOf } from './storedForm.ts'
import { trackStored } from './tracked.ts'
import type { SessionData } from './types.ts'

type Loaded = Session & SessionData
type GetCallback = (error?: unknown, session?: SessionData | null) => void
type LoadCallback = (error?: unknown, session?: Loaded) => void

/** What every store inherits; `get`, `set` and `destroy` are its own. */
abstract class BaseStore extends EventEmitter {
  abstract get(sid: string, callback: GetCallback): unknown
  abstract set(sid: string, session: SessionData, callback?: SessionCallback): unknown
  abstract destroy(sid: string, callback?: SessionCallback): unknown
  /** Moves the expiry of a session that is still there. */
  touch?(sid: string, session: SessionData, callback?: SessionCallback): unknown
  all?(
    callback: (error?: unknown, sessions?: SessionData[] | Record<string, SessionData> | null) => void,
  ): unknown
  length?(callback: (error?: unknown, length?: number) => void): unknown
  clear?(callback?: SessionCallback): unknown

  /** The session under this key, for use outside of a request: websockets, jobs. */
  load(sid: string): Promise<Loaded | undefined>
  load(sid: string, callback: LoadCallback): void
  load(sid: string, callback?: LoadCallback): Promise<Loaded | undefined> | undefined {
    const loading = loadFrom(this, sid)
    if (typeof callback !== 'function') return loading
    loading.then((session) => (session === undefined ? callback() : callback(null, session)), callback)
    return undefined
  }

  /** Makes the session of a request from what `get` answered. */
  createSession(request: SessionOwner, session: SessionData): Loaded {
    const stored = storedOf(session)
    const created = new Session(request, { ...session, cookie: restoreCookie(stored.cookie) })
    trackStored(created, stored, true)
    if (actionsOf(request) === undefined) setActions(request, new StandaloneActions(this, request))
    request.session = created
    return created
  }

  /** Ends the session of the request and gives it a new one. */
  regenerate(request: SessionOwner): Promise<void>
  regenerate(request: SessionOwner, callback: SessionCallback): void
  regenerate(request: SessionOwner, callback?: SessionCallback): Promise<void> | undefined {
    const ending = regenerateOn(this, request)
    if (typeof callback !== 'function') return ending
    ending.then(() => callback(), callback)
    return undefined
  }

  /** Gives the request a new, empty session, as the middleware in front of it does. */
  generate(request: SessionOwner): void {
    const actions = actionsOf(request)
    if (actions !== undefined) actions.generate()
    else companionOf(this)?.generate(request)
  }
}

// Outside of the class: a store that called it as a function has none of its private members.

async function loadFrom(store: BaseStore, sid: string): Promise<Loaded | undefined> {
  const session = await answerOf(store.get, 1, (callback) => store.get(sid, callback))
  if (!isSessionData(session) || isOver(store, session)) return undefined
  const owner = { sessionID: sid, sessionStore: store }
  return store.createSession(owner, session)
}

async function regenerateOn(store: BaseStore, request: SessionOwner): Promise<void> {
  const { session } = request
  if (session instanceof Session) return session.regenerate()
  try {
    await answerOf(store.destroy, 1, (callback) => store.destroy(String(request.sessionID), callback))
  } finally {
    store.generate(request)
  }
}

/** Who loads a session by its key gets no more than who presents its cookie. */
function isOver(store: BaseStore, session: SessionData): boolean {
  const keeping = companionOf(store)?.keeping
  return keeping !== undefined && hasReachedEnd(storedOf(session), keeping.lifetimes, keeping.clock())
}

/** Its shape is looked at by `createSession`. */
function isSessionData(session: unknown): session is SessionData {
  return typeof session === 'object' && session !== null
}

/** Stores older than classes call it as a function: `util.inherits(MyStore, Store)`, then `Store.call(this)`. */
export const Store: typeof BaseStore = new Proxy(BaseStore, {
  apply(_, store: object) {
    Reflect.apply(EventEmitter, store, [])
  },
})
export type Store = BaseStore
