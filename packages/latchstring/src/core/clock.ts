import type { Clock } from './types.ts'

/** The machine's clock: the only place that asks it for the time. */
export const systemClock: Clock = () => Date.now()
