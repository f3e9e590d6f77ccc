import type { Timers } from './types.ts'

/** Node's timers. */
export const systemTimers: Timers = {
  schedule(run, milliseconds) {
    const timer = setTimeout(run, milliseconds)
    return () => clearTimeout(timer)
  },
  repeat(run, milliseconds) {
    const timer = setInterval(run, milliseconds)
    timer.unref()
    return () => clearInterval(timer)
  },
}
