import { withDeadline } from '../../core/deadline.ts'
import type { Timers } from '../../core/types.ts'
import type { Mail, SendMail } from '../types.ts'

export interface MailQueueOptions {
  readonly send: SendMail
  /** Is told why a mail was given up. What it throws is ignored. */
  readonly onFailure: (error: unknown) => void
  readonly timers: Timers
}

/** A flood of requests must not pile up mails without end. */
const MOST_WAITING = 1_000
const MOST_AT_ONCE = 4
/** Milliseconds, as all below: time for the response to leave before the mail takes any. */
const FIRST_PAUSE = 50
/** Mail servers that are restarting, or want patience of a stranger, are mostly back by then. */
const RETRY_PAUSE = 30_000
/** A mail that was sent and not confirmed in time goes out twice: better than not at all. */
const DEADLINE = 60_000

interface Delivery {
  readonly mail: Mail
  readonly isRetry: boolean
}

/** Sends mails that no request waits for: neither their time nor their failure shows in a response. */
export class MailQueue {
  readonly #options: MailQueueOptions
  readonly #paused = new Map<Delivery, () => void>()
  readonly #ready: Delivery[] = []
  readonly #running = new Set<Promise<void>>()

  constructor(options: MailQueueOptions) {
    this.#options = options
  }

  /** Sends the mail a moment later, and once more after a failure. Never throws; what finds no room is given up. */
  send(mail: Mail): void {
    if (this.#size < MOST_WAITING) this.#pause({ mail, isRetry: false }, FIRST_PAUSE)
    else this.#giveUp(new Error(`a mail was not sent: ${MOST_WAITING} others were waiting`))
  }

  /** Sends now what waits, also for its second try, and resolves when every mail is sent or given up. */
  async settled(): Promise<void> {
    while (this.#size > 0) {
      for (const delivery of this.#paused.keys()) this.#wake(delivery)
      await Promise.all(this.#running)
    }
  }

  get #size(): number {
    return this.#paused.size + this.#ready.length + this.#running.size
  }

  #pause(delivery: Delivery, milliseconds: number): void {
    const cancel = this.#options.timers.schedule(() => this.#wake(delivery), milliseconds)
    this.#paused.set(delivery, cancel)
  }

  #wake(delivery: Delivery): void {
    this.#paused.get(delivery)?.()
    this.#paused.delete(delivery)
    this.#ready.push(delivery)
    this.#sendReady()
  }

  #sendReady(): void {
    while (this.#running.size < MOST_AT_ONCE) {
      const delivery = this.#ready.shift()
      if (delivery === undefined) return
      const running = this.#deliver(delivery).finally(() => {
        this.#running.delete(running)
        this.#sendReady()
      })
      this.#running.add(running)
    }
  }

  async #deliver({ mail, isRetry }: Delivery): Promise<void> {
    const { send, timers } = this.#options
    try {
      await withDeadline(() => send(mail), DEADLINE, timers)
    } catch (error) {
      if (isRetry) this.#giveUp(error)
      else this.#pause({ mail, isRetry: true }, RETRY_PAUSE)
    }
  }

  #giveUp(error: unknown): void {
    try {
      this.#options.onFailure(error)
    } catch {
      // The request that caused the mail must not learn of it.
    }
  }
}
