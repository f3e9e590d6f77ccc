import { LatchstringError } from '../../core/errors.ts'

/** What one request asks of the store, one after the other: a response waits until all of it is done. */
export class StoreQueue {
  #running = 0
  #last: Promise<unknown> = Promise.resolve()
  #silence: LatchstringError | null = null

  get isBusy(): boolean {
    return this.#running > 0
  }

  /** Why the store is not to be asked once more for this response: it has just kept us waiting in vain. */
  get silence(): LatchstringError | null {
    return this.#silence
  }

  /** Resolves when what was asked for so far is done, well or not. */
  async idle(): Promise<void> {
    await this.#last
  }

  add(work: () => Promise<void>): Promise<void> {
    this.#running++
    const mine = this.#last.then(work, work)
    this.#last = mine.then(
      () => this.#finished(null),
      (error: unknown) => this.#finished(error),
    )
    // Whoever waits for the response is told of its failure too.
    mine.catch(() => {})
    return mine
  }

  #finished(error: unknown): void {
    this.#running--
    this.#silence = error instanceof LatchstringError && error.code === 'store_unavailable' ? error : null
  }
}
