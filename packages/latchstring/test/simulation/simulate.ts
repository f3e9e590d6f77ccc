import { type Outcome, Schedule } from './schedule.ts'

/** Plays the schedule of a seed. Even the timers that the library does not ask for are simulated meanwhile. */
export async function simulate(seed: number, options: { readonly isTold?: boolean } = {}): Promise<Outcome> {
  const schedule = new Schedule(seed, options)
  const { setTimeout, clearTimeout } = globalThis
  Object.assign(globalThis, {
    setTimeout: (run: () => void, milliseconds: number) => schedule.after(milliseconds, run),
    clearTimeout: (cancel: unknown) => {
      if (typeof cancel === 'function') cancel()
    },
  })
  try {
    return await schedule.play()
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout })
  }
}
