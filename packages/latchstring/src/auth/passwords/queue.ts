import { LatchstringError } from '../../core/errors.ts'
import type { Timers } from '../../core/types.ts'

export interface QueueLimits {
  /** How many tasks run at once. */
  readonly parallel: number
  /** How many wait for their turn; more are refused at once. */
  readonly waiting: number
  /** How long one waits before it is refused, in milliseconds. */
  readonly longestWait: number
  readonly timers: Timers
}

/**
 * Runs tasks in the order they came, a bounded number at once, and refuses what would wait too long. A task that
 * has begun is never given up: no thread that computes a hash can be stopped, so its place is not free before it ends.
 */
export class Queue {
  readonly #limits: QueueLimits
  /** In the order they came: a call lets one in. */
  readonly #waiters = new Set<() => void>()
  #running = 0
  #admitted = 0

  constructor(limits: QueueLimits) {
    this.#limits = limits
  }

  /**
   * What the task answers.
   * @throws LatchstringError `overloaded` when too many wait, or when the task did not begin in time.
   */
  async run<T>(task: () => Promise<T>): Promise<T> {
    await this.#enter()
    try {
      return await task()
    } finally {
      this.#leave()
    }
  }

  /**
   * Does work that runs one task at its end. While so much of it is under way that another task would find no room,
   * it is refused before it costs anything.
   * @throws LatchstringError `overloaded`
   */
  async admit<T>(work: () => Promise<T>): Promise<T> {
    const { parallel, waiting } = this.#limits
    if (this.#admitted >= parallel + waiting) throw overloaded()
    this.#admitted += 1
    try {
      return await work()
    } finally {
      this.#admitted -= 1
    }
  }

  async #enter(): Promise<void> {
    const { parallel, waiting } = this.#limits
    if (this.#running < parallel) {
      this.#running += 1
      return
    }
    if (this.#waiters.size >= waiting) throw overloaded()
    await this.#turn()
  }

  #turn(): Promise<void> {
    const { longestWait, timers } = this.#limits
    return new Promise((resolve, reject) => {
      const letIn = () => {
        cancel()
        resolve()
      }
      const giveUp = () => {
        this.#waiters.delete(letIn)
        reject(overloaded())
      }
      const cancel = timers.schedule(giveUp, longestWait)
      this.#waiters.add(letIn)
    })
  }

  /** The first to wait takes over the place, so that nobody slips in between. */
  #leave(): void {
    const [next] = this.#waiters
    if (next === undefined) {
      this.#running -= 1
      return
    }
    this.#waiters.delete(next)
    next()
  }
}

function overloaded(): LatchstringError {
  return new LatchstringError('overloaded', 'too many passwords wait to be hashed: try again in a moment')
}
