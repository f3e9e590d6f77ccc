import { type Arrival, arrivedState, type Elsewhere } from './arrival.ts'
import { type Claim, readClaim, writeClaim } from './claim.ts'
import { areArrivalsClosed } from './closure.ts'
import { type Engine, MAX_ATTEMPTS } from './engine.ts'
import { LatchstringError } from './errors.ts'
import { decodeRow, firstRow, isAlive, isClosed, nextRow } from './rows.ts'
import { type Located, Session, type Stored } from './session.ts'
import { createSalt, createSessionId, successorToken, tokenKey } from './token.ts'
import { userIdText } from './user.ts'

/** How long requests that were under way with the old secret, or lost their answer, still find the new session. */
const GRACE = 30_000

/** Why nothing was taken over. */
export type TakeOverRefusal =
  /** It is not there, or nothing in it can be taken over. */
  | 'nothing'
  /** It was taken over, and the old secret came back after the grace period. */
  | 'replayed'
  /** It was taken over, and the new session has ended. */
  | 'ended'
  /** All sessions of the user, or of everybody, were revoked. */
  | 'revoked'

export type TakenOver =
  /** `isFirst` for exactly one of all requests. */
  | { readonly kind: 'taken'; readonly session: Session; readonly isFirst: boolean }
  | { readonly kind: 'refused'; readonly reason: TakeOverRefusal }

/**
 * Goes on here with a session that lives elsewhere, once. Its secret is good for as long as `takeOverUntil` says
 * and the session is not taken over; parallel requests are led to one session.
 */
export async function takeOver(engine: Engine, elsewhere: Elsewhere): Promise<TakenOver> {
  const until = engine.takeOverUntil ?? 0
  return engine.clock() >= until ? refused('nothing') : new TakeOver(engine, elsewhere, until).run()
}

/**
 * Once, whoever asks and however often. Why in these steps, and in this order: docs/decisions/0019-migration.md.
 */
class TakeOver {
  readonly #engine: Engine
  readonly #elsewhere: Elsewhere
  readonly #until: number
  readonly #openedAt: number
  #isFirst = false

  /** `until` is the end of the window, in milliseconds since the epoch. */
  constructor(engine: Engine, elsewhere: Elsewhere, until: number) {
    this.#engine = engine
    this.#elsewhere = elsewhere
    this.#until = until
    this.#openedAt = engine.clock()
  }

  /** One step after the other, each from what is stored then, so that any request can go on where one stopped. */
  async run(): Promise<TakenOver> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const outcome = await this.#step()
      if (outcome !== null) return outcome
    }
    throw new LatchstringError('conflict', 'too many requests took over one session at the same time')
  }

  /** The old session is read before the claim: if it is gone and the claim not settled, it was ended elsewhere. */
  async #step(): Promise<TakenOver | null> {
    const arrival = await this.#elsewhere.read()
    const claim = await readClaim(this.#engine, this.#elsewhere.id)
    if (claim === 'unreadable') return refused('ended')
    if (claim === null) return arrival === null ? refused('nothing') : this.#stake(arrival)
    const located = await this.#locate(claim)
    if (located === null) return refused('ended')
    if (claim.acceptedUntil !== null) return this.#follow(located, claim.acceptedUntil)
    if (located.stored.state.isPending === true) return this.#settle(claim, located, arrival)
    return this.#finish(claim, located)
  }

  /** The new row comes first, as one that nobody accepts yet: a claim never leads to a row that was not there. */
  async #stake(arrival: Arrival): Promise<TakenOver | null> {
    const { random, store, revokedBefore } = this.#engine
    const [secret] = this.#elsewhere.secrets
    if (secret === undefined) return refused('nothing')
    // Nobody knows how old it is.
    if (revokedBefore !== null && revokedBefore() > 0) return refused('revoked')
    const salt = createSalt(random)
    const token = successorToken(secret, salt)
    const stored = this.#pendingRow(tokenKey(token), arrival)
    const { key } = stored.row
    if (!(await store.write(stored.row))) return null
    const claim = { version: 1, salt, key, acceptedUntil: null }
    if (await this.#write(claim)) return this.#settle(claim, { token, stored }, arrival)
    await store.remove([key])
    return null
  }

  #pendingRow(key: string, arrival: Arrival): Stored {
    const { data } = arrival
    const id = createSessionId(this.#engine.random)
    const state = { ...arrivedState(this.#engine, arrival, id), isPending: true } as const
    return { row: firstRow(this.#engine, key, userIdOf(arrival), state, data), state, data }
  }

  /** The row that the claim leads to, also while it is pending. */
  async #locate({ salt, key }: Claim): Promise<Located | null> {
    const tokens = this.#elsewhere.secrets.map((secret) => successorToken(secret, salt))
    const token = tokens.find((candidate) => tokenKey(candidate) === key)
    const row = token === undefined ? null : await this.#engine.store.readFresh(key)
    if (token === undefined || row === null || isClosed(row)) return null
    const stored = decodeRow(this.#engine, row)
    return stored === null ? null : { token, stored }
  }

  /** From here on the new session is the one that counts, with what the old one holds now. */
  async #settle(
    claim: Claim,
    { token, stored }: Located,
    arrival: Arrival | null,
  ): Promise<TakenOver | null> {
    const { row } = stored
    if (arrival === null || userIdOf(arrival) !== row.userId) return this.#abandon(row.key, 'nothing')
    if (row.userId !== null && (await areArrivalsClosed(this.#engine, row.userId)))
      return this.#abandon(row.key, 'revoked')
    const { data } = arrival
    const state = arrivedState(this.#engine, arrival, stored.state.id)
    const next = nextRow(this.#engine, row, state, data)
    if (!(await this.#engine.store.write(next))) return null
    this.#isFirst = true
    this.#engine.emit({ type: 'session.created', sessionId: state.id, userId: row.userId, method: null })
    return this.#finish(claim, { token, stored: { row: next, state, data } })
  }

  /** A row that is gone refuses everybody whom the claim leads to it. */
  async #abandon(key: string, reason: TakeOverRefusal): Promise<TakenOver> {
    await this.#engine.store.remove([key])
    return refused(reason)
  }

  /** Only when the old session has ended does the time begin to run in which its secret still leads here. */
  async #finish(claim: Claim, located: Located): Promise<TakenOver | null> {
    await this.#elsewhere.end()
    const acceptedUntil = this.#engine.clock() + GRACE
    const isWritten = await this.#write({ ...claim, version: claim.version + 1, acceptedUntil })
    return isWritten ? this.#taken(located) : null
  }

  #write(claim: Claim): Promise<boolean> {
    return writeClaim(this.#engine, this.#elsewhere.id, claim, this.#until)
  }

  #follow(located: Located, acceptedUntil: number): TakenOver {
    if (!isAlive(this.#engine, located.stored)) return refused('ended')
    const isReplayed = this.#openedAt >= acceptedUntil || located.stored.state.successor !== undefined
    return isReplayed ? refused('replayed') : this.#taken(located)
  }

  /** What is left of the old life is not prolonged by the move itself. */
  #taken(located: Located): TakenOver {
    const session = new Session(this.#openedAt, located)
    session.isKeptUp = true
    return { kind: 'taken', session, isFirst: this.#isFirst }
  }
}

function userIdOf({ userId }: Arrival): string | null {
  return userId === null ? null : userIdText(userId)
}

function refused(reason: TakeOverRefusal): TakenOver {
  return { kind: 'refused', reason }
}
