import type { Clock } from './types.ts'

/** The machine's clock: the only place that asks it for the time. */
export const systemClock: Clock = () => Date.now()

/** Milliseconds since some moment, for what has to take a certain time although the machine's clock is set. */
export const steadyClock: Clock = () => performance.now()
