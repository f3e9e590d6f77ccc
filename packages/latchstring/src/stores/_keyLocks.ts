/** Work on one key happens one after the other; work on different keys does not wait. */
export class KeyLocks {
  readonly #last = new Map<string, Promise<unknown>>()

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve()
    const mine = before.then(work, work)
    this.#last.set(key, mine)
    try {
      return await mine
    } finally {
      // An entry left behind would be a leak: one for each session ever.
      if (this.#last.get(key) === mine) this.#last.delete(key)
    }
  }
}
