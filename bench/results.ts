import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type ContestantKind, type Entry, PEER } from './contestants.ts'
import type { Machine } from './machine.ts'
import type { Figure, Measurements } from './measurements.ts'
import type { Plan } from './plan.ts'
import type { LoginCost } from './race.ts'
import type { Run } from './runPlan.ts'
import { median } from './statistics.ts'
import { type Verdict, verdictsOf } from './targets.ts'

/** What a run found, as it is kept beside the bench. All that docs/performance.md says comes from here. */
export interface Results {
  readonly machine: Machine
  readonly rounds: number
  /** Milliseconds. */
  readonly slot: number
  readonly sessions: number
  readonly rows: readonly ResultRow[]
  readonly verdicts: readonly Verdict[]
}

/** Medians of one contestant at one number of connections. */
export interface ResultRow {
  readonly id: string
  readonly title: string
  readonly kind: ContestantKind
  readonly connections: number
  /** Microseconds of CPU for each request; over the bare framework. */
  readonly cpu: number
  readonly added: number
  /** Of what express-session with MemoryStore adds; in the best and in the worst round. */
  readonly share: number
  readonly lowestShare: number
  readonly highestShare: number
  readonly requestsPerSecond: number
  /** Of the bare framework's. */
  readonly throughput: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly trips: number
  readonly writes: number
  readonly setCookieBytes: number
  readonly loginTrips: number
}

function rowsOf(
  measurements: Measurements,
  connections: readonly number[],
  logins: ReadonlyMap<string, LoginCost>,
): ResultRow[] {
  return connections.flatMap((count) =>
    measurements.entries
      .filter(({ id }) => measurements.has(id, count))
      .map((entry) => rowOf(measurements, entry, count, logins.get(entry.id)?.trips ?? 0)),
  )
}

function rowOf(
  measurements: Measurements,
  { id, title, kind }: Entry,
  connections: number,
  loginTrips: number,
): ResultRow {
  const shares = measurements.shares(id, PEER, connections)
  const medianOf = (figure: Figure) => measurements.medianOf(id, connections, figure)
  return {
    id,
    title,
    kind,
    connections,
    cpu: medianOf('cpu'),
    added: median(measurements.added(id, connections)),
    share: median(shares),
    lowestShare: Math.min(...shares),
    highestShare: Math.max(...shares),
    requestsPerSecond: medianOf('requestsPerSecond'),
    throughput: median(measurements.throughput(id, connections)),
    p50: medianOf('p50'),
    p99: medianOf('p99'),
    trips: medianOf('trips'),
    writes: medianOf('writes'),
    setCookieBytes: medianOf('setCookieBytes'),
    loginTrips,
  }
}

export function resultsOf(plan: Plan, { measurements, logins }: Run, machine: Machine): Results {
  return {
    machine,
    rounds: plan.rounds,
    slot: plan.slot,
    sessions: Math.min(...plan.entries.map(({ sessions }) => sessions)),
    rows: rowsOf(measurements, [...plan.connections, 1], logins),
    verdicts: verdictsOf(measurements, logins),
  }
}

const FOLDER = new URL('./results/', import.meta.url)

/** A figure keeps four digits: the rest is noise, and would make each change of the file larger. */
export function saveResults(name: string, results: object): void {
  mkdirSync(FOLDER, { recursive: true })
  const shorten = (_: string, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value
  writeFileSync(new URL(`${name}.json`, FOLDER), `${JSON.stringify(results, shorten, 2)}\n`)
}

/** What the bench itself saved. */
export function readResults<T>(name: string): T | null {
  try {
    return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8'))
  } catch {
    return null
  }
}
