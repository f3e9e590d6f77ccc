import { LatchstringError } from '../core/errors.ts'
import type { Connection } from './_redisClient.ts'

/** Milliseconds after which the servers are asked anew. */
const PATIENCE = 1_000

/**
 * Refuses servers that drop sessions when their memory is full: a user would be logged out, or, if the index is
 * dropped, stay logged in through a revocation. Where it is not allowed to ask, it says so once.
 */
export class EvictionCheck {
  readonly #connection: Connection
  #isDone = false
  #running: Promise<void> | null = null

  constructor(connection: Connection) {
    this.#connection = connection
  }

  get isDone(): boolean {
    return this.#isDone
  }

  /** Asks until it is answered well, so that a setting that is corrected needs no restart. */
  run(): Promise<void> {
    this.#running ??= this.#askOnce()
    return this.#running
  }

  /** A client may wait for a lost server for ever, and not notice that another took its place. */
  #askOnce(): Promise<void> {
    const isOver = () => {
      clearTimeout(timer)
      this.#running = null
    }
    const timer = setTimeout(isOver, PATIENCE).unref()
    return this.#ask().finally(isOver)
  }

  async #ask(): Promise<void> {
    const masters = await this.#connection.masters()
    if (masters.length === 0) throw unconnected()
    const policies = await Promise.all(masters.map(policyOf))
    const wrong = policies.find((policy) => policy !== null && policy !== 'noeviction')
    if (typeof wrong === 'string') throw evicting(wrong)
    if (policies.includes(null)) warn()
    this.#isDone = true
  }
}

/** INFO, and not CONFIG GET, which managed services seldom allow. `null` when that is not allowed either. */
async function policyOf(send: (command: string[]) => Promise<unknown>): Promise<string | null> {
  try {
    const info = String(await send(['INFO', 'memory']))
    return /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? null
  } catch (error) {
    if (error instanceof Error && /^(ERR|NOPERM) /.test(error.message)) return null
    throw error
  }
}

function evicting(policy: string): LatchstringError {
  return new LatchstringError(
    'invalid_option',
    `Redis drops sessions when its memory is full, as maxmemory-policy is "${policy}". ` +
      'Set "maxmemory-policy noeviction" on every server, or give sessions a Redis of their own.',
  )
}

function unconnected(): LatchstringError {
  return new LatchstringError(
    'store_unavailable',
    'The client of the Redis cluster knows no node yet. Connect it before the first request.',
  )
}

function warn(): void {
  process.emitWarning(
    'Redis does not tell its maxmemory-policy. Make sure that it is noeviction: with any other, sessions are dropped when its memory is full.',
    { type: 'LatchstringWarning', code: 'LATCHSTRING_REDIS_EVICTION' },
  )
}
