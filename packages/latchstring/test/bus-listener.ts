import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BusListener, CachedStore } from '../src/stores/cached.ts'

/** Writes down what a bus reports. */
export class BusLog implements BusListener {
  readonly keys: string[] = []
  readonly states: ('up' | 'down')[] = []

  invalidate(keys: readonly string[]): void {
    this.keys.push(...keys)
  }

  connected(): void {
    this.states.push('up')
  }

  disconnected(): void {
    this.states.push('down')
  }

  get isUp(): boolean {
    return this.states.at(-1) === 'up'
  }
}

/** Waits until something has come true. */
export async function until(isTrue: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 1_000; tries++) {
    if (await isTrue()) return
    await sleep(10)
  }
  throw new Error(`it did not come true within 10 s that ${what}`)
}

/** What one of two caches removes is gone in the other one by a message, not by the time to live. */
export async function assertForgets(here: CachedStore, there: CachedStore): Promise<void> {
  await until(() => here.stats().isConnected && there.stats().isConnected, 'both listen')
  await here.write({ key: 'key', userId: 'user', version: 1, expiresAt: 1e15, payload: '{}' })
  assert.notEqual(await there.read('key'), null)
  await here.remove(['key'])
  const removed = performance.now()
  await until(async () => (await there.read('key')) === null, 'it is gone')
  assert.ok(performance.now() - removed < 1_000)
  assert.equal(there.stats().invalidations, 1)
}
