/** Milliseconds since the epoch. Injected everywhere, so that a test can move time. */
export type Clock = () => number

/** Returns `size` bytes from a cryptographically secure source. Throws when the source fails. */
export type RandomSource = (size: number) => Uint8Array

/** The timers that deadlines and housekeeping use. Both methods return a function that cancels. */
export interface Timers {
  /** Runs once, and keeps the process alive until then: somebody waits for it. */
  schedule(run: () => void, milliseconds: number): () => void
  /** Runs again and again, and keeps no process alive. */
  repeat(run: () => void, milliseconds: number): () => void
}

/** A user's id as the application spells it. It keeps its type through the session. */
export type UserId = string | number | bigint

/** All that a store knows of a session. */
export interface Row {
  /** base64url(sha256(token)): 43 characters. The token itself never reaches a store. */
  readonly key: string
  /** `String(user.id)`, indexed; `null` for a visitor who has not logged in. */
  readonly userId: string | null
  /** 1 when created, one more at every write. */
  readonly version: number
  /** Milliseconds since the epoch; the engine compares it with its own clock. */
  readonly expiresAt: number
  /** Text owned by the engine and opaque to stores. */
  readonly payload: string
}

/**
 * Where sessions live. `testStore` of `latchstring/testing` is this contract as tests.
 *
 * There is no upsert on purpose: a row that is gone stays gone, whatever arrives late.
 * Every method may be called from many processes at once, and rejects when the store cannot answer.
 */
export interface Store {
  /**
   * The row, or `null`. May return an expired row: the engine decides. A store that has the row at hand answers at once,
   * and then no request waits for a promise.
   */
  read(key: string): Row | null | Promise<Row | null>
  /**
   * Compare-and-swap in one atomic step: stores `row` and answers `true` only if the stored version is
   * `row.version - 1`, or, for version 1, only if the key is absent. Answers `false` otherwise.
   */
  write(row: Row): Promise<boolean>
  /** Removes the rows and tells how many were there: of several callers exactly one is told 1. */
  remove(keys: readonly string[]): Promise<number>
  /**
   * Every row of the user that was acknowledged before the call, in any order; expired ones may be among them. A row
   * that takes the place of another meanwhile (it is written first, and then the other one is given to nobody) must not
   * leave both out: a store that makes the list in steps looks again when a row is gone that it was to find.
   */
  list(userId: string): Promise<Row[]>
  /** Removes rows with `expiresAt <= now`, in bounded batches, and tells how many. */
  purge(now: number): Promise<number>
  /** What the store has no means for, such as `'list'`. Default: nothing. */
  readonly narrowed?: readonly string[]
  /** Whether expired rows go by themselves, so that nobody needs to purge regularly. Default: `false`. */
  readonly dropsExpired?: boolean
}

/**
 * What the application keeps in a session, at most what JSON can hold. Declare your keys by merging:
 *
 * ```ts
 * declare module 'latchstring' {
 *   interface SessionData { cart?: string[] }
 * }
 * ```
 */
export interface SessionData {
  /** Set at login from the user given to `generateSession`. */
  username?: string
}
