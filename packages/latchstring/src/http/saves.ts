import { LatchstringError } from '../core/errors.ts'
import type { EndReason } from '../core/events.ts'
import type { Session } from '../core/session.ts'
import type { Sessions } from '../core/sessions.ts'

/** A value that never reads the same twice must not keep a response waiting for ever. */
const MAX_SAVES = 10

const NOTHING_SAVED: Promise<void> = Promise.resolve()

/** What one request stores and ends: one save after the other. Most requests never need any. */
export class Saves {
  readonly #sessions: Sessions
  /** The session as it is now: ending one puts another in its place. */
  readonly #current: () => Session
  readonly #ending: { session: Session; reason: EndReason }[] = []
  #hasEnded = false
  #unfinished = 0
  #last = NOTHING_SAVED
  #failure: { readonly error: unknown } | null = null

  constructor(sessions: Sessions, current: () => Session) {
    this.#sessions = sessions
    this.#current = current
  }

  /** Whether this request has ended a session in the store. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Why the last save failed: nobody can know whether the handler waited for it. */
  get failure(): { readonly error: unknown } | null {
    return this.#failure
  }

  fail(error: unknown): void {
    this.#failure = { error }
  }

  /** What the application wants now is a new try. */
  forgetFailure(): void {
    this.#failure = null
  }

  /** Ends the session at the next save. */
  end(session: Session, reason: EndReason): void {
    this.#ending.push({ session, reason })
    this.forgetFailure()
  }

  get isEnding(): boolean {
    return this.#ending.length > 0
  }

  /** Resolves when no save is on its way; `undefined` when none is. */
  finished(): Promise<void> | undefined {
    return this.#unfinished > 0 ? this.#last : undefined
  }

  /** Stores all changes now, with what has changed until it begins. */
  save(): Promise<void> {
    const commit = () => this.#commitOnce()
    this.#unfinished++
    this.#last = this.#last.then(commit, commit)
    // Whoever waits for this save, or for the response, is told of its failure.
    this.#last.catch(() => {})
    return this.#last
  }

  /** What the application changes while a save is on its way belongs to the response that waits for it. */
  async saveAll(): Promise<void> {
    await this.save()
    for (let saves = 1; saves < MAX_SAVES && this.#hasChanged(); saves++) await this.save()
  }

  /** Whether the application wants something stored. Upkeep that failed is not asked for again. */
  #hasChanged(): boolean {
    const { data, pendingLogin, stored } = this.#current()
    if (this.isEnding || pendingLogin !== null) return true
    return data.changes().size > 0 && (stored !== null || !data.isEmpty)
  }

  async #commitOnce(): Promise<void> {
    this.forgetFailure()
    try {
      await this.#commit()
    } catch (error) {
      this.fail(error)
      throw error
    } finally {
      this.#unfinished--
    }
  }

  async #commit(): Promise<void> {
    for (let [first] = this.#ending; first !== undefined; [first] = this.#ending) {
      await this.#endStored(first.session, first.reason)
      this.#ending.shift()
      this.#hasEnded = true
    }
    await this.#sessions.commit(this.#current())
  }

  async #endStored(session: Session, reason: EndReason): Promise<void> {
    try {
      await this.#sessions.end(session, reason)
    } catch (cause) {
      if (!(cause instanceof LatchstringError) || reason !== 'logged_out') throw cause
      throw notCompleted(cause)
    }
  }
}

/** For a log-out that the store did not take. */
export function notCompleted(cause: LatchstringError): LatchstringError {
  return new LatchstringError('not_completed', `the log-out was not stored: ${cause.message}`, { cause })
}
