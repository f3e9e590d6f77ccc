import { Measurements } from './measurements.ts'
import type { Plan } from './plan.ts'
import { type LoginCost, type Measurement, Race } from './race.ts'
import { Stores } from './stores.ts'

export interface Run {
  readonly measurements: Measurements
  /** By contestant. */
  readonly logins: ReadonlyMap<string, LoginCost>
  /** Of the servers behind the stores. */
  readonly versions: Readonly<Record<string, string>>
}

/** Contestants whose server is missing do not take part, and are named on stderr. */
export async function runPlan(plan: Plan): Promise<Run> {
  const stores = await Stores.start(new Set(plan.entries.map(({ store }) => store)))
  const race = new Race(stores, plan)
  try {
    const entries = plan.entries.filter(({ store }) => stores.has(store))
    const progress = new Progress()
    for (const entry of entries) await race.add(entry)
    progress.tell(`${entries.length} contestants are up`)
    const all: Measurement[] = []
    for (let round = 1; round <= plan.rounds; round++) {
      for await (const measurement of race.run(round)) all.push(measurement)
      progress.tell(`round ${round} of ${plan.rounds}`)
    }
    for await (const measurement of race.runSingly()) all.push(measurement)
    const measurements = new Measurements(entries, all)
    return { measurements, logins: race.logins, versions: await stores.versions() }
  } finally {
    await race.stop()
    await stores.stop()
  }
}

/** For who waits: on stderr, with the seconds since the begin. */
class Progress {
  readonly #startedAt = performance.now()

  tell(what: string): void {
    console.error(`${((performance.now() - this.#startedAt) / 1_000).toFixed(0)} s: ${what}`)
  }
}
