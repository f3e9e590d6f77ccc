import type { SessionActions } from './actions.ts'
import { companionOf } from './companion.ts'
import { type Keeping, persist } from './persist.ts'
import type { Session, SessionOwner } from './session.ts'

/** What is asked of the store that a session was loaded from. */
export interface LoadingStore {
  load(sid: string): Promise<Session | undefined>
  generate(request: SessionOwner): void
}

/** The methods of a session that `store.load` gave, for websockets and the like: no response reports what they do. */
export class StandaloneActions implements SessionActions {
  readonly #store: LoadingStore
  readonly #owner: SessionOwner

  constructor(store: LoadingStore, owner: SessionOwner) {
    this.#store = store
    this.#owner = owner
  }

  async save(session: Session): Promise<void> {
    await persist(this.#keeping, session)
  }

  async reload(session: Session): Promise<void> {
    const loaded = await this.#store.load(session.id)
    if (loaded === undefined) throw new Error('failed to load session')
    this.#owner.session = loaded
  }

  async destroy(session: Session): Promise<void> {
    delete this.#owner.session
    await this.#keeping.backend.remove(session.id)
  }

  async regenerate(session: Session): Promise<void> {
    try {
      await this.#keeping.backend.remove(session.id)
    } finally {
      this.generate()
    }
  }

  generate(): void {
    this.#store.generate(this.#owner)
  }

  get #keeping(): Keeping {
    const companion = companionOf(this.#store)
    if (companion !== undefined) return companion.keeping
    throw new TypeError('this store was given to no session() of latchstring/express-session')
  }
}
