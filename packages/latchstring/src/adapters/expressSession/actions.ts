import type { Session } from './session.ts'

export interface RegenerateOptions {
  /** Goes on with the data under a new id. Default: an empty session. */
  readonly keep?: boolean
}

/** What the methods of a session do. */
export interface SessionActions {
  save(session: Session): Promise<void>
  reload(session: Session): Promise<void>
  destroy(session: Session): Promise<void>
  regenerate(session: Session, options: RegenerateOptions): Promise<void>
  /** Gives the request a new, empty session. */
  generate(): void
}

/** Out of reach of names that the application uses; a WeakMap by request takes 1 microsecond more of each. */
const ACTIONS: unique symbol = Symbol('latchstring.session')

/** A request: what its session can do depends on where it was loaded. */
export interface Acting {
  [ACTIONS]?: SessionActions
}

export function setActions(request: Acting, given: SessionActions): void {
  request[ACTIONS] = given
}

export function actionsOf(request: Acting): SessionActions | undefined {
  return request[ACTIONS]
}
