import { setImmediate as nextTurn } from 'node:timers/promises'
import { LatchstringError } from '../core/errors.ts'
import type { Row, Store } from '../core/types.ts'

export interface MemoryStoreOptions {
  /**
   * The most rows held at once, expired ones included until they are purged. Default: 100,000, some 100 MB
   * with small sessions. When it is reached, new sessions are refused with `store_full`: dropping a live
   * session to make room would log somebody out.
   */
  readonly max?: number
}

const DEFAULT_MAX = 100_000
const PURGE_BATCH = 1_000

/**
 * Sessions in this process's memory: for development, tests and single processes whose users may be logged
 * out by a restart.
 *
 * @example
 * const auth = createAuth({ store: memoryStore() })
 */
export function memoryStore(options: MemoryStoreOptions = {}): Store {
  return new MemoryStore(maxOf(options))
}

/** Each change is made without an `await` inside, which is what makes compare-and-swap atomic here. */
class MemoryStore implements Store {
  readonly #max: number
  readonly #rows = new Map<string, Row>()
  readonly #rowsOfUser = new Map<string, Map<string, Row>>()

  constructor(max: number) {
    this.#max = max
  }

  read(key: string): Row | null {
    return this.#rows.get(key) ?? null
  }

  async write(row: Row): Promise<boolean> {
    const stored = this.#rows.get(row.key)
    if ((stored?.version ?? 0) !== row.version - 1) return false
    if (stored === undefined && this.#rows.size >= this.#max) throw full(this.#max)
    this.#put(stored, copyOf(row))
    return true
  }

  async remove(keys: readonly string[]): Promise<number> {
    let removed = 0
    for (const key of keys) {
      const row = this.#rows.get(key)
      if (row === undefined) continue
      this.#drop(row)
      removed++
    }
    return removed
  }

  async list(userId: string): Promise<Row[]> {
    return [...(this.#rowsOfUser.get(userId)?.values() ?? [])]
  }

  async purge(now: number): Promise<number> {
    let seen = 0
    let removed = 0
    // A Map may change while it is walked: rows dropped meanwhile are skipped, new ones are visited.
    for (const row of this.#rows.values()) {
      if (row.expiresAt <= now) {
        this.#drop(row)
        removed++
      }
      if (++seen % PURGE_BATCH === 0) await nextTurn()
    }
    return removed
  }

  #put(before: Row | undefined, row: Row): void {
    this.#rows.set(row.key, row)
    if (before !== undefined && before.userId !== row.userId) this.#dropFromIndex(before)
    if (row.userId === null) return
    const rows = this.#rowsOfUser.get(row.userId)
    if (rows === undefined) this.#rowsOfUser.set(row.userId, new Map([[row.key, row]]))
    else rows.set(row.key, row)
  }

  #drop(row: Row): void {
    this.#rows.delete(row.key)
    this.#dropFromIndex(row)
  }

  #dropFromIndex({ key, userId }: Row): void {
    if (userId === null) return
    const rows = this.#rowsOfUser.get(userId)
    rows?.delete(key)
    // An empty entry left behind would be a leak: one for each user that ever logged in.
    if (rows?.size === 0) this.#rowsOfUser.delete(userId)
  }
}

/** A caller that changes its own object later must not change what is stored. */
function copyOf({ key, userId, version, expiresAt, payload }: Row): Row {
  return Object.freeze({ key, userId, version, expiresAt, payload })
}

function maxOf(options: MemoryStoreOptions): number {
  if (typeof options !== 'object' || options === null) {
    throw new LatchstringError(
      'invalid_option',
      'memoryStore takes an object of options, such as { max: 1000 }.',
    )
  }
  const unknown = Object.keys(options).find((name) => name !== 'max')
  if (unknown !== undefined) {
    throw new LatchstringError('invalid_option', `memoryStore has no option "${unknown}". It takes "max".`)
  }
  const { max = DEFAULT_MAX } = options
  if (!Number.isSafeInteger(max) || max < 1) {
    throw new LatchstringError(
      'invalid_option',
      'The option "max" of memoryStore takes a whole number from 1 up.',
    )
  }
  return max
}

function full(max: number): LatchstringError {
  return new LatchstringError(
    'store_full',
    `The memory store holds ${max} sessions, its maximum, and drops none that may be alive. ` +
      'Raise its option "max", or use sqliteStore of latchstring/stores/sqlite, which has no limit.',
  )
}
