import { setImmediate as turn } from 'node:timers/promises'

/** A flood of requests must not pile up work without end. */
const MOST_WAITING = 1_000

/** Work that no answer waits for: its time and its failure tell the client nothing. */
export class Background {
  readonly #onFailure: (error: unknown) => void
  readonly #running = new Set<Promise<void>>()

  /** `onFailure` is told what went wrong, and what was not begun. */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure
  }

  /** Begins after the code that runs now, and after the answer that it sends. Never throws. */
  run(work: () => Promise<unknown>): void {
    if (this.#running.size >= MOST_WAITING) {
      this.#onFailure(new Error(`more than ${MOST_WAITING} pieces of work were waiting`))
      return
    }
    const running = this.#guarded(work).finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** Resolves when nothing is running, including what was begun meanwhile. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  async #guarded(work: () => Promise<unknown>): Promise<void> {
    try {
      await turn()
      await work()
    } catch (error) {
      this.#onFailure(error)
    }
  }
}
