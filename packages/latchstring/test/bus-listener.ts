import { setTimeout as sleep } from 'node:timers/promises'
import type { BusListener } from '../src/stores/cached.ts'

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
