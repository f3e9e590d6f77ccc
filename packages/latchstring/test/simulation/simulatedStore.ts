import { decodePayload } from '../../src/core/payload.ts'
import type { Row, Store } from '../../src/core/types.ts'
import type { Scheduler } from './scheduler.ts'
import type { Weather } from './settings.ts'

/** A row whose token is accepted, or would be if anybody had it. */
export interface LivingRow {
  readonly id: string
  readonly data: string
}

/** The rows that all nodes share. Each change is one step. */
export class Rows {
  readonly #rows = new Map<string, Row>()
  /** A row never changes: what it says has to be found out once. */
  readonly #living = new WeakMap<Row, LivingRow | null>()
  /** Is called after each change. */
  onChange: () => void = () => {}

  living(userId: string | null): LivingRow[] {
    const rows = [...this.#rows.values()].filter((row) => row.userId === userId)
    return rows.map((row) => this.#livingRow(row)).filter((living) => living !== null)
  }

  #livingRow(row: Row): LivingRow | null {
    const known = this.#living.get(row)
    if (known !== undefined) return known
    const living = livingRow(row)
    this.#living.set(row, living)
    return living
  }

  read(key: string): Row | null {
    return this.#rows.get(key) ?? null
  }

  write(row: Row): boolean {
    if ((this.#rows.get(row.key)?.version ?? 0) !== row.version - 1) return false
    this.#rows.set(row.key, row)
    this.onChange()
    return true
  }

  remove(keys: readonly string[]): number {
    return keys.filter((key) => this.#rows.delete(key)).length
  }

  keysOf(userId: string): string[] {
    return [...this.#rows.values()].filter((row) => row.userId === userId).map(({ key }) => key)
  }

  purge(now: number): number {
    const expired = [...this.#rows.values()].filter(({ expiresAt }) => expiresAt <= now)
    return this.remove(expired.map(({ key }) => key))
  }
}

function livingRow({ payload, expiresAt }: Row): LivingRow | null {
  const { state, data } = decodePayload(payload) ?? {}
  if (state === undefined || data === undefined || expiresAt === 0) return null
  const isAccepted = state.isPending !== true && state.successor === undefined
  return isAccepted ? { id: state.id, data } : null
}

/** A process, as far as its connections know: once it has crashed, nothing reaches it, and it sends nothing. */
export interface Process {
  readonly isUp: boolean
}

/** Between the processes and what they share: anything may happen to a call and to its answer. */
export class Network {
  readonly #scheduler: Scheduler
  readonly #weather: Weather

  constructor(scheduler: Scheduler, weather: Weather) {
    this.#scheduler = scheduler
    this.#weather = weather
  }

  call<T>(process: Process, apply: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (process.isUp) this.#send(process, apply, resolve, reject)
    })
  }

  #send<T>(
    process: Process,
    apply: () => T,
    resolve: (answer: T) => void,
    reject: (error: Error) => void,
  ): void {
    const fate = this.#weather.fate()
    if (fate === 'request lost') return
    this.#scheduler.after(this.#weather.delay(), () => {
      if (fate === 'refused') return this.#answer(process, () => reject(new Error('it failed')))
      const answer = apply()
      if (fate === 'answered' && this.#weather.resends()) return this.#sendAgain(process, apply, resolve)
      if (fate === 'answered') this.#answer(process, () => resolve(answer))
      if (fate === 'answer broken') this.#answer(process, () => reject(new Error('the connection was lost')))
    })
  }

  /** What was done is done once more, and only that is answered: a write that succeeded is refused. */
  #sendAgain<T>(process: Process, apply: () => T, resolve: (answer: T) => void): void {
    this.#scheduler.after(this.#weather.delay(), () => {
      const answer = apply()
      this.#answer(process, () => resolve(answer))
    })
  }

  #answer(process: Process, tell: () => void): void {
    this.#scheduler.after(this.#weather.delay(), () => {
      if (process.isUp) tell()
    })
  }
}

/** How one process sees the rows. */
export class SimulatedStore implements Store {
  readonly #rows: Rows
  readonly #call: <T>(apply: () => T) => Promise<T>

  constructor(rows: Rows, process: Process, network: Network) {
    this.#rows = rows
    this.#call = (apply) => network.call(process, apply)
  }

  read(key: string): Promise<Row | null> {
    return this.#call(() => this.#rows.read(key))
  }

  write(row: Row): Promise<boolean> {
    return this.#call(() => this.#rows.write(row))
  }

  remove(keys: readonly string[]): Promise<number> {
    return this.#call(() => this.#rows.remove(keys))
  }

  /** In steps, as Redis does it: who owns what, and then the rows, and again if one of them is gone by then. */
  async list(userId: string): Promise<Row[]> {
    const found = new Map<string, Row | null>()
    let isComplete = false
    while (!isComplete) {
      const named = await this.#call(() => this.#rows.keysOf(userId))
      const keys = named.filter((key) => !found.has(key))
      const rows = await Promise.all(keys.map((key) => this.read(key)))
      for (const [index, key] of keys.entries()) found.set(key, rows[index] ?? null)
      isComplete = rows.every((row) => row?.userId === userId)
    }
    return [...found.values()].filter((row) => row !== null).filter((row) => row.userId === userId)
  }

  purge(now: number): Promise<number> {
    return this.#call(() => this.#rows.purge(now))
  }
}
