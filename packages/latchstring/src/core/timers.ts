import type { Timers } from './types.ts'

/** Node's timers. They never keep a process alive by themselves. */
export const systemTimers: Timers = {
  schedule(run, milliseconds) {
    const timer = setTimeout(run, milliseconds)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
