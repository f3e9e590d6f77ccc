import type { Entry } from './contestants.ts'
import type { Measurement } from './race.ts'
import { median } from './statistics.ts'

export type Figure = Exclude<keyof Measurement, 'id' | 'round' | 'connections'>

/** The measurements of a run, compared round by round: what is loud in a round is loud for all. */
export class Measurements {
  readonly entries: readonly Entry[]
  readonly #all: readonly Measurement[]

  constructor(entries: readonly Entry[], all: readonly Measurement[]) {
    this.entries = entries
    this.#all = all
  }

  /** Of one contestant, by round; the mean where it worked more than once in one. */
  of(id: string, connections: number): Measurement[] {
    const own = this.#all.filter((slot) => slot.id === id && slot.connections === connections)
    const rounds = Map.groupBy(own, ({ round }) => round)
    return Array.from(rounds.values(), meanOf).sort((one, other) => one.round - other.round)
  }

  has(id: string, connections: number): boolean {
    return this.of(id, connections).length > 0
  }

  medianOf(id: string, connections: number, figure: Figure): number {
    return median(this.of(id, connections).map((measured) => measured[figure]))
  }

  /** Microseconds of CPU for each request over the bare framework, round by round. */
  added(id: string, connections: number): number[] {
    const base = this.of(this.#baseOf(id), connections)
    return this.of(id, connections).map(({ cpu }, round) => cpu - (base[round]?.cpu ?? Number.NaN))
  }

  /** What one adds as a share of what the other adds, round by round. */
  shares(id: string, peer: string, connections: number): number[] {
    const whole = this.added(peer, connections)
    return this.added(id, connections).map((added, round) => added / (whole[round] ?? Number.NaN))
  }

  /** By how much one adds more than the other, as a share of what a third adds. */
  excess(id: string, other: string, peer: string, connections: number): number[] {
    const others = this.shares(other, peer, connections)
    return this.shares(id, peer, connections).map((share, round) => share - (others[round] ?? Number.NaN))
  }

  /** Requests a second as a share of those of the bare framework, round by round. */
  throughput(id: string, connections: number): number[] {
    const base = this.of(this.#baseOf(id), connections)
    return this.of(id, connections).map(
      ({ requestsPerSecond }, round) => requestsPerSecond / (base[round]?.requestsPerSecond ?? Number.NaN),
    )
  }

  #baseOf(id: string): string {
    return this.entries.find((entry) => entry.id === id)?.base ?? ''
  }
}

function meanOf(slots: readonly Measurement[]): Measurement {
  const [first] = slots
  if (first === undefined) throw new Error('a round has a slot')
  const mean = (figure: Figure) => slots.reduce((sum, slot) => sum + slot[figure], 0) / slots.length
  return {
    ...first,
    cpu: mean('cpu'),
    requestsPerSecond: mean('requestsPerSecond'),
    p50: mean('p50'),
    p99: mean('p99'),
    trips: mean('trips'),
    writes: mean('writes'),
    setCookieBytes: mean('setCookieBytes'),
  }
}
