/** Whatever keeps sessions: the library on some store, or the model of it. */
export interface World {
  advance(milliseconds: number): void
  /** A request with this token begins on one of the nodes. */
  open(node: number, token: string | null): Promise<Visit>
  list(node: number, user: string): Promise<readonly Listed[]>
  revoke(node: number, user: string, sessionId: string): Promise<boolean>
  revokeOthers(node: number, user: string, sessionId: string): Promise<number>
  revokeAll(node: number, user: string): Promise<number>
  /** Ends the user's sessions and refuses their logins, also those that are on their way. */
  disable(node: number, user: string): Promise<void>
  enable(user: string): void
  purge(node: number): Promise<void>
  /** What was reported since it was last asked for. */
  takeEvents(): readonly Told[]
}

/** A request that is on its way. */
export interface Visit {
  look(): View
  set(key: string, value: number): void
  delete(key: string): void
  increment(key: string): void
  /** Changes an object that the session holds, in place. */
  append(key: string, value: number): void
  touch(): void
  /** False if the user is disabled. */
  logIn(user: string, remember: boolean): boolean
  /** A new token for the session of a user; false for visitors. */
  rotate(): boolean
  end(reason: 'logged_out' | 'replaced'): Promise<void>
  commit(): Promise<void>
}

/** What a request sees of its session. */
export interface View {
  readonly sessionId: string | null
  readonly user: string | null
  readonly token: string | null
  readonly data: Readonly<Record<string, unknown>>
  /** The methods by which the user has logged in, with the times. */
  readonly logins: string
  /** Whether the browser is told to forget the token that it presented. */
  readonly isOver: boolean
}

export interface Listed {
  readonly sessionId: string
  readonly lastSeenAt: number
  readonly expiresAt: number
}

export interface Told {
  readonly type: string
  readonly user: string | null
  readonly sessionId: string | null
  /** A reason, or the keys of a lost update. */
  readonly detail: string
}

/** What is the same in every scenario. */
export const START: number = Date.UTC(2026, 0, 1)
export const MINUTE = 60_000
export const IDLE: number = 30 * MINUTE
export const ABSOLUTE: number = 240 * MINUTE
export const REMEMBER: number = 1_440 * MINUTE
export const RENEWAL: { readonly every: number; readonly grace: number } = {
  every: 10 * MINUTE,
  grace: 30_000,
}
/** An activity is written down when the last one is as old as this. */
export const TOUCH_INTERVAL = 60_000

export interface Settings {
  readonly renews: boolean
  /** `null`: as many sessions as a user likes. */
  readonly limit: { readonly max: number; readonly policy: 'revoke-oldest' | 'deny' } | null
}
