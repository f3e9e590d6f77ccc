import type { Clock, Timers } from '../core/types.ts'

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Moves time forward and runs what falls due on the way, each at its own moment. */
  advance(milliseconds: number): void
  /** Jumps to a moment, also backwards, as a corrected clock does. Runs nothing. */
  set(now: number): void
  /** Runs `run` once when `advance` reaches `moment`. Returns a function that cancels. */
  at(moment: number, run: () => void): () => void
}

interface Appointment {
  readonly moment: number
  readonly run: () => void
}

/**
 * A clock for tests. It starts at 2026-01-01 unless told otherwise.
 *
 * @example
 * const clock = fakeClock()
 * clock.advance(30 * 60_000)
 */
export function fakeClock(start: number = Date.UTC(2026, 0, 1)): FakeClock {
  let now = start
  const appointments = new Set<Appointment>()

  function at(moment: number, run: () => void): () => void {
    const appointment = { moment, run }
    appointments.add(appointment)
    return () => void appointments.delete(appointment)
  }

  function set(moment: number): void {
    now = moment
  }

  function advance(milliseconds: number): void {
    if (!(milliseconds >= 0))
      throw new RangeError('advance takes 0 or more milliseconds. Use set to go back.')
    const end = now + milliseconds
    for (let due = earliest(appointments, end); due !== undefined; due = earliest(appointments, end)) {
      appointments.delete(due)
      now = Math.max(now, due.moment)
      due.run()
    }
    now = end
  }

  return Object.assign(() => now, { advance, set, at })
}

/** The first to fall due until `end`; of several at one moment, the one that was made first. */
function earliest(appointments: ReadonlySet<Appointment>, end: number): Appointment | undefined {
  let first: Appointment | undefined
  for (const appointment of appointments) {
    if (appointment.moment > end) continue
    if (first === undefined || appointment.moment < first.moment) first = appointment
  }
  return first
}

/**
 * Timers that go off when the clock is advanced.
 *
 * @example
 * const clock = fakeClock()
 * const auth = createAuth({ store, clock, timers: fakeTimers(clock) })
 */
export function fakeTimers(clock: FakeClock): Timers {
  return {
    schedule: (run, milliseconds) => clock.at(clock() + milliseconds, run),
    repeat: (run, milliseconds) => repeat(clock, run, milliseconds),
  }
}

function repeat(clock: FakeClock, run: () => void, milliseconds: number): () => void {
  // As in Node, less than 1 ms is 1 ms; here it also keeps advance from going round for ever.
  const interval = Math.max(1, milliseconds)
  let cancel = clock.at(clock() + interval, again)
  function again(): void {
    cancel = clock.at(clock() + interval, again)
    run()
  }
  return () => cancel()
}
