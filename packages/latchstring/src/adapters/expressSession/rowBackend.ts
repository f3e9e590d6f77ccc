import { applyChanges } from '../../core/data.ts'
import { MAX_ATTEMPTS } from '../../core/engine.ts'
import { LatchstringError } from '../../core/errors.ts'
import { decodePayload, encodePayload, type SessionState } from '../../core/payload.ts'
import type { ReliableStore } from '../../core/reliableStore.ts'
import { createSessionId } from '../../core/token.ts'
import type { Clock, RandomSource, Row } from '../../core/types.ts'
import type { Backend, Draft, Identity, Stored, Values } from './backend.ts'
import { lengthOf } from './lifetime.ts'
import { KeptCookie, mergedLength } from './storedForm.ts'
import { parseSafely } from './texts.ts'

export interface RowContext {
  readonly store: ReliableStore
  readonly clock: Clock
  readonly random: RandomSource
  /** Is told of a row that is no session. */
  readonly warnOfBadRow: () => void
}

/** What the engine knows of a session, and its cookie. */
interface RowState extends SessionState {
  readonly cookie: KeptCookie
}

/** A session of a row, with what the next version of the row is made from. */
interface StoredRow extends Stored {
  readonly row: Row
  readonly state: SessionState
}

/** The last moment that a Date can hold: for sessions that nothing ends. */
const LATEST = 8.64e15

/** Keeps sessions as versioned rows: of several writers none overwrites another, and a row that is gone stays gone. */
export class RowBackend implements Backend {
  readonly touches = true
  readonly #context: RowContext

  constructor(context: RowContext) {
    this.#context = context
  }

  async read(id: string): Promise<StoredRow | null> {
    const row = await this.#context.store.read(id)
    return row === null || row.expiresAt <= this.#context.clock() ? null : this.#decode(row)
  }

  async create(id: string, draft: Draft): Promise<Stored> {
    const identity = draft.identity ?? this.#visitor()
    const state = { ...stateOf(draft, identity), cookie: this.#cookieOf(draft, lengthOf(draft.cookie)) }
    const row = rowOf({ key: id, userId: identity.userId, version: 1 }, state, draft.values)
    if (await this.#context.store.write(row)) return storedRow(row, state, draft.values)
    throw new LatchstringError('conflict', 'genid gave an id that another session has')
  }

  async update(id: string, known: Stored, draft: Draft): Promise<Stored | null> {
    let newest = isStoredRow(known) ? known : await this.read(id)
    for (let attempt = 0; newest !== null && attempt < MAX_ATTEMPTS; attempt++) {
      const written = await this.#writeNext(newest, draft, mergedLength(draft, known, newest))
      if (written !== null) return written
      newest = await this.read(id)
    }
    if (newest === null) return null
    throw new LatchstringError(
      'conflict',
      `the session was changed by others ${MAX_ATTEMPTS} times in a row: try again`,
    )
  }

  /** A refused touch is not tried again: whoever was faster has touched the session too, or ended it. */
  async touch(_: string, known: Stored, draft: Draft): Promise<void> {
    if (isStoredRow(known))
      await this.#writeNext(known, { ...draft, changes: new Map() }, lengthOf(draft.cookie))
  }

  async remove(id: string): Promise<void> {
    await this.#context.store.remove([id])
  }

  touchedAt(_: string, { life }: Stored): number {
    return life?.seenAt ?? 0
  }

  async #writeNext(known: StoredRow, draft: Draft, length: number | null): Promise<Stored | null> {
    const values = { ...applyChanges(known.values, draft.changes) }
    const lastSeenAt = Math.max(draft.life.seenAt, known.state.lastSeenAt)
    const state = { ...known.state, lastSeenAt, cookie: this.#cookieOf(draft, length) }
    const { key, userId, version } = known.row
    const row = rowOf({ key, userId, version: version + 1 }, state, values)
    return (await this.#context.store.write(row)) ? storedRow(row, state, values) : null
  }

  /** Whose it is, the row says itself. */
  #cookieOf(draft: Draft, length: number | null): KeptCookie {
    return new KeptCookie({ ...draft, identity: null }, length, this.#context.clock)
  }

  #visitor(): Identity {
    const publicId = createSessionId(this.#context.random)
    return { publicId, userId: null, userIdType: null, authentications: [] }
  }

  #decode(row: Row): StoredRow | null {
    const payload = decodePayload(row.payload)
    const values = payload === null ? null : parseValues(payload.data)
    if (payload !== null && values !== null) return storedRow(row, payload.state, values)
    this.#context.warnOfBadRow()
    return null
  }
}

function rowOf(head: Pick<Row, 'key' | 'userId' | 'version'>, state: RowState, values: Values): Row {
  const expiresAt = state.cookie.expires?.valueOf() ?? LATEST
  return { ...head, expiresAt, payload: encodePayload(state, JSON.stringify(values)) }
}

function stateOf({ life, device }: Draft, identity: Identity): SessionState {
  const { publicId, userIdType, authentications } = identity
  return {
    format: 1,
    id: publicId,
    userIdType,
    createdAt: life.createdAt,
    renewedAt: life.seenAt,
    lastSeenAt: life.seenAt,
    remember: false,
    authentications,
    device,
  }
}

function storedRow(row: Row, state: SessionState, values: Values): StoredRow {
  const { id: publicId, userIdType, authentications, createdAt, lastSeenAt } = state
  const { userId } = row
  return {
    row,
    state,
    values,
    cookie:
      'cookie' in state && typeof state.cookie === 'object' && state.cookie !== null ? state.cookie : {},
    life: { createdAt, seenAt: lastSeenAt },
    identity: { publicId, userId, userIdType, authentications },
  }
}

function isStoredRow(stored: Stored): stored is StoredRow {
  return 'row' in stored
}

function parseValues(data: string): Values | null {
  try {
    const values = parseSafely(data)
    const isObject = typeof values === 'object' && values !== null && !Array.isArray(values)
    return isObject ? { ...values } : null
  } catch {
    return null
  }
}
