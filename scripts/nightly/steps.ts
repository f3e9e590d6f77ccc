import { PACKAGE_FOLDER } from '../manifest.ts'

/** A part of the nightly run: a program of Node with its arguments. */
export interface Step {
  /** Short enough to be typed: `npm run test:nightly -- <name>`. */
  readonly name: string
  readonly program: readonly string[]
  /** How long its form is. */
  readonly environment: Readonly<Record<string, string>>
}

function tests(name: string, files: readonly string[], environment: Step['environment'] = {}): Step {
  const paths = files.map((file) => `${PACKAGE_FOLDER}/test/${file}`)
  return { name, program: ['scripts/test.ts', ...paths], environment }
}

/** The long forms, those that find most first. */
export const STEPS: readonly Step[] = [
  tests('model', ['model/model.test.ts'], { SEQUENCES: '1000000', STORE_SEQUENCES: '10000' }),
  tests('simulation', ['simulation/simulation.test.ts'], { SCHEDULES: '1000000' }),
  tests('fuzz', ['fuzz/fuzz.nightly.ts', 'fuzz/requests.test.ts', 'fuzz/rows.test.ts'], {
    FUZZ: '100000000',
    REQUESTS: '100000',
    ROWS: '1000000',
  }),
  tests('soak', ['soak/soak.nightly.ts'], { REQUESTS: '10000000' }),
  tests('history', ['history/history.test.ts'], { OPERATIONS: '100000' }),
  tests('crash', ['crash/crash.test.ts'], { ROUNDS: '2000' }),
  tests('million', ['million/million.nightly.ts']),
  tests('outage', ['faults/outage.test.ts'], { OUTAGE: '30' }),
  tests('failover', ['redis-failover/failover.nightly.ts'], { FAILOVERS: '3' }),
  tests('timing', ['accounts/timing.nightly.ts']),
  tests('flood', ['accounts/flood.nightly.ts']),
  {
    name: 'memory',
    program: ['--conditions=latchstring-source', '--expose-gc', 'bench/memory.ts', '--requests', '10000000'],
    environment: {},
  },
  { name: 'sabotage', program: ['scripts/sabotage.ts'], environment: {} },
  { name: 'mutation', program: ['scripts/mutate.ts'], environment: { JOBS: '2' } },
]
