/**
 * Tells the other processes that rows have changed. `redisBus` and `postgresBus` are two; a bus of your own has to
 * keep what is said here. One bus serves one cached store.
 */
export interface InvalidationBus {
  /** Resolves once the message is with the server that delivers it. Rejects at once when there is no connection. */
  publish(keys: readonly string[]): Promise<void>
  /** Begins to listen, and goes on by itself after the connection was lost. Returns what ends it. */
  subscribe(listener: BusListener): Promise<() => void>
}

export interface BusListener {
  /** Another process changed the rows of these keys. What this process published is not reported to it. */
  invalidate(keys: readonly string[]): void
  /** From now on no message is missed. */
  connected(): void
  /** From now on messages may be missed. */
  disconnected(): void
}
