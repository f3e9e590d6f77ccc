import type { BusListener, InvalidationBus } from '../src/stores/cached.ts'

/** A bus between caches of one process, which a test can cut and slow down. */
export class MemoryBus {
  readonly #ends = new Set<MemoryBusEnd>()

  end(): MemoryBusEnd {
    const end = new MemoryBusEnd((keys, sender) => this.#send(keys, sender))
    this.#ends.add(end)
    return end
  }

  #send(keys: readonly string[], sender: MemoryBusEnd): void {
    for (const end of this.#ends) if (end !== sender) end.receive(keys)
  }
}

/** What one process holds of the bus. */
export class MemoryBusEnd implements InvalidationBus {
  readonly published: string[][] = []
  /** What `publish` does beyond sending, for example to fail. */
  onPublish: () => Promise<void> = async () => {}
  isSubscribed = false
  readonly #send: (keys: readonly string[], sender: MemoryBusEnd) => void
  #listener: BusListener | null = null
  #isUp = true
  #held: (readonly string[])[] | null = null

  constructor(send: (keys: readonly string[], sender: MemoryBusEnd) => void) {
    this.#send = send
  }

  async publish(keys: readonly string[]): Promise<void> {
    this.published.push([...keys])
    if (this.#isUp) this.#send(keys, this)
    await this.onPublish()
  }

  async subscribe(listener: BusListener): Promise<() => void> {
    this.#listener = listener
    this.isSubscribed = true
    if (this.#isUp) listener.connected()
    return () => {
      this.isSubscribed = false
    }
  }

  receive(keys: readonly string[]): void {
    if (!this.#isUp) return
    if (this.#held === null) this.#listener?.invalidate(keys)
    else this.#held.push(keys)
  }

  /** Keeps back what arrives, until the function that it returns is called. */
  hold(): () => void {
    this.#held = []
    return () => {
      const held = this.#held ?? []
      this.#held = null
      for (const keys of held) this.receive(keys)
    }
  }

  /** Nothing comes through any more; `isNoticed` says whether this end knows. */
  cut({ isNoticed }: { isNoticed: boolean }): void {
    this.#isUp = false
    if (isNoticed) this.#listener?.disconnected()
  }

  mend(): void {
    this.#isUp = true
    this.#listener?.connected()
  }
}
