import type { Clock } from '../../core/types.ts'
import type { Mail, SendMail } from '../types.ts'

/** A mail as the outbox shows it. */
export interface OutboxMail extends Mail {
  /** In ISO 8601. */
  readonly at: string
}

const MOST_KEPT = 200

/** Where mails land in development: the newest 200, in memory, sent to nobody. */
export class Outbox {
  readonly #clock: Clock
  #mails: readonly OutboxMail[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Keeps the mail instead of sending it. */
  readonly send: SendMail = async ({ to, subject, text }) => {
    const mail = { to, subject, text, at: new Date(this.#clock()).toISOString() }
    this.#mails = [mail, ...this.#mails].slice(0, MOST_KEPT)
  }

  /** The mails that were kept, newest first. */
  list(): readonly OutboxMail[] {
    return this.#mails
  }
}
