/** Sends all that comes up in one turn of the event loop at once: each message costs two processes a system call. */
export class Outbox<T> {
  readonly #send: (items: readonly T[]) => void
  #waiting: T[] = []

  constructor(send: (items: readonly T[]) => void) {
    this.#send = send
  }

  post(item: T): void {
    if (this.#waiting.push(item) === 1) setImmediate(() => this.#flush())
  }

  #flush(): void {
    const items = this.#waiting
    this.#waiting = []
    this.#send(items)
  }
}
