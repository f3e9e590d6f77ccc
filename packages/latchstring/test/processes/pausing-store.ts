import type { Store } from '../../src/core/types.ts'

/** Lets something else happen right before one of its calls, which are counted from 0. */
export class PausingStore implements Store {
  readonly #store: Store
  readonly #pause: () => Promise<void>
  #callsLeft: number

  constructor(store: Store, call: number, pause: () => Promise<void>) {
    this.#store = store
    this.#callsLeft = call
    this.#pause = pause
  }

  read: Store['read'] = (key) => this.#pass(async () => this.#store.read(key))
  write: Store['write'] = (row) => this.#pass(() => this.#store.write(row))
  remove: Store['remove'] = (keys) => this.#pass(() => this.#store.remove(keys))
  list: Store['list'] = (userId) => this.#pass(() => this.#store.list(userId))
  purge: Store['purge'] = (now) => this.#store.purge(now)

  async #pass<T>(call: () => Promise<T>): Promise<T> {
    if (this.#callsLeft-- === 0) await this.#pause()
    return call()
  }
}
