import { LatchstringError } from '../core/errors.ts'
import type { EmitOf } from '../core/events.ts'
import { LocalRows } from './localRows.ts'
import { Cells, type Records } from './records.ts'
import type { AccountEvent } from './types.ts'

export interface CountersOptions {
  readonly records: Records
  readonly emit: EmitOf<AccountEvent>
}

/** Milliseconds for which a store that failed is not asked again: every try would wait for its deadline. */
const PAUSE = 1_000
/** The part of each limit that one process gives out by itself. */
const LOCAL_SHARE = 0.5

/** Where tries are counted: in the store, for all processes; while that fails in this one alone, more strictly. */
export class Counters {
  readonly #records: Records
  readonly #emit: EmitOf<AccountEvent>
  readonly #local: Cells
  #failedAt: number | null = null

  constructor({ records, emit }: CountersOptions) {
    this.#records = records
    this.#emit = emit
    this.#local = new Cells(new LocalRows(), records.clock)
  }

  /** Does the work where it can be done, with the part of each limit that may be used there. */
  async run<T>(work: (cells: Cells, share: number) => Promise<T>): Promise<T> {
    if (this.#isPausing()) return work(this.#local, LOCAL_SHARE)
    try {
      const answer = await work(this.#records, 1)
      this.#failedAt = null
      return answer
    } catch (error) {
      if (!(error instanceof LatchstringError)) throw error
      this.#fail(error)
      return work(this.#local, LOCAL_SHARE)
    }
  }

  /** Does the work in both places. Rejects when the store fails. */
  async runInBoth(work: (cells: Cells) => Promise<unknown>): Promise<void> {
    await work(this.#local)
    await work(this.#records)
  }

  /** A clock that was set back ends the pause. */
  #isPausing(): boolean {
    if (this.#failedAt === null) return false
    const since = this.#records.clock() - this.#failedAt
    return since >= 0 && since < PAUSE
  }

  /** Reported once, until the store answers again. */
  #fail(error: LatchstringError): void {
    if (this.#failedAt === null) this.#emit({ type: 'account.throttle_local', error })
    this.#failedAt = this.#records.clock()
  }
}
