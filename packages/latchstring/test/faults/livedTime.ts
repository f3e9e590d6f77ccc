import { setTimeout as sleep } from 'node:timers/promises'

const TICK = 20

let lived = 0
let lastTick = performance.now()

setInterval(() => {
  lived = livedTime()
  lastTick = performance.now()
}, TICK).unref()

/**
 * Milliseconds that this process has been running. While a busy machine does not let it run, this clock stands still,
 * as does the application in it: a limit is not missed because of other programs.
 */
export function livedTime(): number {
  return lived + Math.min(performance.now() - lastTick, 2 * TICK)
}

export async function liveThrough(milliseconds: number): Promise<void> {
  for (const end = livedTime() + milliseconds; livedTime() < end; ) await sleep(TICK)
}
