import { start } from './deadline.ts'
import type { Timers } from './types.ts'

/** How many calls in a row have to miss their deadline before a store counts as silent. */
const MOST_MISSED = 100

/**
 * Waits for a store, but not without end: neither for one call nor with ever more of them. A call that is given up
 * goes on waiting in the driver, with all behind it, as nothing can take it back. Of a store that has fallen silent
 * only one call at a time is asked, and the others fail at once, until it answers any of them, however late.
 */
export class Patience {
  readonly #deadline: number
  readonly #timers: Timers
  #missed = 0
  #isTrying = false

  /** `deadline` is for each call, in milliseconds. */
  constructor(deadline: number, timers: Timers) {
    this.#deadline = deadline
    this.#timers = timers
  }

  ask<T>(call: () => Promise<T>): Promise<T> {
    const isTrial = this.#missed >= MOST_MISSED
    if (isTrial && this.#isTrying) return Promise.reject(silent())
    this.#isTrying = isTrial
    return new Promise((resolve, reject) => this.#follow(call, { isTrial, isWaiting: true, resolve, reject }))
  }

  /** To its end, although nobody may wait for it any more. A failure, of a connection say, is no sign of life. */
  #follow<T>(call: () => Promise<T>, asker: Asker<T>): void {
    const cancel = this.#timers.schedule(() => this.#giveUp(asker), this.#deadline)
    start(call).then(
      (answer) => {
        cancel()
        this.#missed = 0
        this.#stopWaiting(asker)
        asker.resolve(answer)
      },
      (error: unknown) => {
        cancel()
        this.#stopWaiting(asker)
        asker.reject(error)
      },
    )
  }

  #giveUp<T>(asker: Asker<T>): void {
    this.#missed++
    this.#stopWaiting(asker)
    asker.reject(new Error(`no answer within ${this.#deadline} ms`))
  }

  #stopWaiting<T>(asker: Asker<T>): void {
    if (asker.isWaiting && asker.isTrial) this.#isTrying = false
    asker.isWaiting = false
  }
}

/** Whoever waits for a call. */
interface Asker<T> {
  readonly isTrial: boolean
  isWaiting: boolean
  readonly resolve: (answer: T) => void
  readonly reject: (error: unknown) => void
}

function silent(): Error {
  return new Error(`it did not answer ${MOST_MISSED} calls in a row, and another call is trying it right now`)
}
