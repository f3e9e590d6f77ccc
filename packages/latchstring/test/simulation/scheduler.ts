import type { FastRandom } from '../random/seeds.ts'

interface Appointment {
  readonly moment: number
  /** Of what falls due at the same moment, chance decides what comes first. */
  readonly order: number
  run: (() => void) | null
}

const ORDERS = 2 ** 30

/** Simulated time: nothing happens but what was appointed, one after the other, each to its end. */
export class Scheduler {
  readonly #random: FastRandom
  /** The next one is the last. */
  readonly #appointments: Appointment[] = []
  #now: number
  #steps = 0

  constructor(random: FastRandom, start: number) {
    this.#random = random
    this.#now = start
  }

  get now(): number {
    return this.#now
  }

  /** How many things have happened: later means more. */
  get steps(): number {
    return this.#steps
  }

  /** Marks a moment that nothing else has. */
  mark(): number {
    return ++this.#steps
  }

  /** Returns what cancels it. */
  after(milliseconds: number, run: () => void): () => void {
    const appointment: Appointment = {
      moment: this.#now + milliseconds,
      order: this.#random.below(ORDERS),
      run,
    }
    this.#insert(appointment)
    return () => {
      appointment.run = null
    }
  }

  /** Nothing happens for a while. */
  pass(milliseconds: number): void {
    this.#now += milliseconds
  }

  /** Goes on until nothing is left to do, or until the time is over. */
  async run(until: number): Promise<void> {
    await microtasks()
    for (let next = this.#appointments.pop(); next !== undefined; next = this.#appointments.pop()) {
      if (next.run === null) continue
      if (next.moment > until) return
      this.#now = next.moment
      this.#steps++
      next.run()
      await microtasks()
    }
  }

  #insert(appointment: Appointment): void {
    let [low, high] = [0, this.#appointments.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isBefore(appointment, this.#appointments[middle])) low = middle + 1
      else high = middle
    }
    this.#appointments.splice(low, 0, appointment)
  }
}

function isBefore(one: Appointment, other: Appointment | undefined): boolean {
  if (other === undefined) return false
  return one.moment < other.moment || (one.moment === other.moment && one.order < other.order)
}

/** Node runs a tick when no promise has anything left to do. */
function microtasks(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve)
  })
}
