import type { Row, Store } from '../src/core/types.ts'

/** A call that a test carries out and answers at moments of its choice. */
export interface GatedCall {
  apply(): Promise<void>
  answer(): void
  fail(): void
}

/** Takes calls to a store apart: when it is asked, when it happens, and when the answer arrives. */
export class GatedStore implements Store {
  /** While this is off, calls go straight through. */
  isGated = true
  readonly calls: GatedCall[] = []
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  read: Store['read'] = (key) => this.#gate(async () => this.#store.read(key))
  write: Store['write'] = (row) => this.#gate(() => this.#store.write(row))
  remove: Store['remove'] = (keys) => this.#gate(() => this.#store.remove(keys))
  list: Store['list'] = (userId): Promise<Row[]> => this.#gate(() => this.#store.list(userId))
  purge: Store['purge'] = (now) => this.#gate(() => this.#store.purge(now))

  #gate<T>(call: () => Promise<T>): Promise<T> {
    if (!this.isGated) return call()
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    let outcome: Promise<T> | null = null
    const apply = () => {
      outcome ??= call()
      return outcome
    }
    this.calls.push({
      apply: async () => void (await apply()),
      answer: () => resolve(apply()),
      fail: () => reject(new Error('the answer was lost')),
    })
    return promise
  }
}
