import { begin } from './deadline.ts'
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

  /** Rejects with what `failure` makes of the cause. */
  ask<T>(call: () => Promise<T>, expected: Expected = ANYTHING): Promise<T> {
    return Promise.resolve(this.answerOf(call, expected))
  }

  /** The same, at once where the call answers at once: only a right answer comes so, and every failure as a rejection. */
  answerOf<T>(call: () => T | Promise<T>, expected: Expected): T | Promise<T> {
    const isTrial = this.#missed >= MOST_MISSED
    if (isTrial && this.#isTrying) return Promise.reject(expected.failure(silent()))
    const answer = begin(call)
    if (!(answer instanceof Promise)) return answerAtOnce(answer, expected)
    this.#isTrying = isTrial
    return new Promise((resolve, reject) =>
      this.#follow(answer, { expected, isTrial, isWaiting: true, resolve, reject }),
    )
  }

  /** To its end, although nobody may wait for it any more. A failure, of a connection say, is no sign of life. */
  #follow<T>(answer: Promise<T>, asker: Asker<T>): void {
    const cancel = this.#timers.schedule(() => this.#giveUp(asker), this.#deadline)
    answer.then(
      (answer) => {
        cancel()
        this.#missed = 0
        if (this.#stopWaiting(asker)) answerTo(asker, answer)
      },
      (error: unknown) => {
        cancel()
        this.#fail(asker, error)
      },
    )
  }

  #giveUp<T>(asker: Asker<T>): void {
    this.#missed++
    this.#fail(asker, new Unanswered(`no answer within ${this.#deadline} ms`))
  }

  #fail<T>(asker: Asker<T>, cause: unknown): void {
    if (this.#stopWaiting(asker)) asker.reject(asker.expected.failure(cause))
  }

  /** Tells whether anybody waited. */
  #stopWaiting<T>(asker: Asker<T>): boolean {
    const wasWaiting = asker.isWaiting
    if (wasWaiting && asker.isTrial) this.#isTrying = false
    asker.isWaiting = false
    return wasWaiting
  }
}

/** Why a call was given up, or not made: no error of the store's. */
export class Unanswered extends Error {}

/** What counts as an answer, and what a failure is called. */
export interface Expected {
  isAnswer(answer: unknown): boolean
  failure(cause: unknown): unknown
}

const ANYTHING: Expected = { isAnswer: () => true, failure: (cause) => cause }

/** Whoever waits for a call. */
interface Asker<T> {
  readonly expected: Expected
  readonly isTrial: boolean
  isWaiting: boolean
  readonly resolve: (answer: T) => void
  readonly reject: (error: unknown) => void
}

function answerTo<T>({ expected, resolve, reject }: Asker<T>, answer: T): void {
  try {
    resolve(checked(answer, expected))
  } catch (cause) {
    reject(expected.failure(cause))
  }
}

/** What comes from this process's memory says nothing about a store behind it that is silent. */
function answerAtOnce<T>(answer: T, expected: Expected): T | Promise<T> {
  try {
    return checked(answer, expected)
  } catch (cause) {
    return Promise.reject(expected.failure(cause))
  }
}

function checked<T>(answer: T, expected: Expected): T {
  if (expected.isAnswer(answer)) return answer
  throw new Error('the store answered with something that is no answer')
}

function silent(): Unanswered {
  return new Unanswered(
    `it did not answer ${MOST_MISSED} calls in a row, and another call is trying it right now`,
  )
}
