import { MAX_ATTEMPTS } from '../core/engine.ts'
import { LatchstringError } from '../core/errors.ts'
import type { ReliableStore } from '../core/reliableStore.ts'
import { createToken } from '../core/token.ts'
import type { Clock, RandomSource, Row } from '../core/types.ts'
import {
  CLOSED,
  type Decision,
  type Draft,
  type Known,
  type NewRecord,
  type RecordKind,
  type Rows,
  recordDraft,
  recordKey,
  recordValue,
} from './recordRows.ts'
import { StoredRows } from './storedRows.ts'

/** Decides from the newest value; `null` is an absent record. May be called more than once, so it only computes. */
export type Decide<T> = (value: T | null) => Decision<T>

export interface Changed<T> {
  readonly before: T | null
  readonly after: T | null
  /** Changes it further: a trip cheaper than `change` as long as nobody else has changed it meanwhile. */
  readonly again: (decide: Decide<T>) => Promise<Changed<T>>
}

/** A record as it was read. */
export interface Found<T> {
  readonly value: T | null
  /** Like `change` of the records, and a trip to the store cheaper as long as nobody else changes the record. */
  readonly change: (decide: Decide<T>) => Promise<Changed<T>>
}

export interface Listed<T> {
  readonly key: string
  readonly value: T
}

/** Small values by kind and name, changed one after the other. */
export class Cells {
  readonly clock: Clock
  readonly #rows: Rows

  constructor(rows: Rows, clock: Clock) {
    this.#rows = rows
    this.clock = clock
  }

  async read<T>(kind: RecordKind<T>, name: string): Promise<T | null> {
    return recordValue(kind, await this.#rows.read(recordKey(kind, name)), this.clock())
  }

  async find<T>(kind: RecordKind<T>, name: string): Promise<Found<T>> {
    const key = recordKey(kind, name)
    const row = await this.#rows.read(key)
    const change = (decide: Decide<T>) => this.#change(kind, key, decide, row)
    return { value: recordValue(kind, row, this.clock()), change }
  }

  /** Puts in one atomic step what `decide` says in the place of what is there. */
  change<T>(kind: RecordKind<T>, name: string, decide: Decide<T>): Promise<Changed<T>> {
    return this.#change(kind, recordKey(kind, name), decide)
  }

  /** Like `change`, and a trip cheaper as long as nobody changes the record but this process. */
  changeAsLeft<T>(kind: RecordKind<T>, name: string, decide: Decide<T>): Promise<Changed<T>> {
    return this.#change(kind, recordKey(kind, name), decide, 'as left')
  }

  async #change<T>(kind: RecordKind<T>, key: string, decide: Decide<T>, known?: Known): Promise<Changed<T>> {
    const now = this.clock()
    const step = (row: Row | null) => draftOf(kind, row, decide(recordValue(kind, row, now)))
    const { before, after } = await this.#rows.change(key, step, known)
    const again = (further: Decide<T>) => this.#change(kind, key, further, after)
    return { before: recordValue(kind, before, now), after: recordValue(kind, after, now), again }
  }
}

function draftOf<T>(kind: RecordKind<T>, row: Row | null, decision: Decision<T>): Draft | null {
  if (decision === 'keep') return null
  if (decision !== 'remove') return recordDraft(kind, decision, row)
  return row === null ? null : CLOSED
}

export interface RecordsOptions {
  readonly store: ReliableStore
  readonly clock: Clock
  readonly random: RandomSource
}

/**
 * What accounts keep beside users and sessions, as rows of the session store: exact over many processes by the same
 * compare-and-swap, and gone by the same purge. Every read goes past a cache.
 *
 * What the store refuses to answer rejects with a LatchstringError.
 */
export class Records extends Cells {
  readonly random: RandomSource
  readonly #store: ReliableStore

  constructor({ store, clock, random }: RecordsOptions) {
    super(new StoredRows(store, clock), clock)
    this.#store = store
    this.random = random
  }

  /** Stores a record under a new random name, and returns that: a secret of which the store holds the hash alone. */
  async issue<T>(kind: RecordKind<T>, record: NewRecord<T>): Promise<string> {
    const token = createToken(this.random)
    const key = recordKey(kind, token)
    const isNew = await this.#store.write({ key, version: 1, ...recordDraft(kind, record, null) })
    if (isNew) return token
    throw new LatchstringError('conflict', 'the random source repeats itself: no new token could be made')
  }

  /** Removes a record and returns what it held: of several callers exactly one is told, the others get `null`. */
  async take<T>(kind: RecordKind<T>, name: string): Promise<T | null> {
    const value = await this.read(kind, name)
    if (value === null) return null
    return (await this.#store.remove([recordKey(kind, name)])) === 1 ? value : null
  }

  /** The living records of an owner, in any order. */
  async list<T>(kind: RecordKind<T>, owner: string): Promise<Listed<T>[]> {
    const now = this.clock()
    return (await this.#store.list(owner)).flatMap((row) => {
      const value = recordValue(kind, row, now)
      return value === null ? [] : [{ key: row.key, value }]
    })
  }

  /** Removes records that were listed. */
  async remove<T>(listed: readonly Listed<T>[]): Promise<void> {
    if (listed.length > 0) await this.#store.remove(listed.map(({ key }) => key))
  }

  /** Removes all that an owner has, until a list shows nothing more. */
  async removeAll(owner: string): Promise<void> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const rows = await this.#store.list(owner)
      if (rows.length === 0) return
      await this.#store.remove(rows.map(({ key }) => key))
    }
    throw new LatchstringError('conflict', 'new records kept appearing while they were being removed')
  }
}
