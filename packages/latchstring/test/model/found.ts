import type { Command, Presented, Scenario, Work } from './scenario.ts'
import { MINUTE } from './world.ts'

/** What the model has found, each as the shortest scenario that shows it. */
export interface Found {
  /** What holds now. */
  readonly what: string
  readonly scenario: Scenario
}

const ANN = { kind: 'logIn', user: 'ann', remember: false } as const
const BOB = { kind: 'logIn', user: 'bob', remember: false } as const
const FIRST: Presented = { node: 0, browser: 0, age: 0 }

function use(...works: readonly Work[]): Command {
  return { kind: 'use', ...FIRST, works, isLost: false }
}

function wait(by: number): Command {
  return { kind: 'advance', by }
}

const BEGIN: Command = { kind: 'begin', ...FIRST }
const FINISH: Command = { kind: 'finish', visit: 0, isLost: false }

function work(done: Work): Command {
  return { kind: 'work', visit: 0, work: done }
}

function scenario(commands: readonly Command[], settings: Partial<Scenario['settings']> = {}): Scenario {
  return { settings: { renews: false, limit: null, ...settings }, commands }
}

const DENY_SECOND = { max: 1, policy: 'deny' } as const

export const FOUND: readonly Found[] = [
  {
    // Seed 20439202. The row of the old token outlived the session by as long as the request had taken.
    what: 'the old token of a session that is over is no stolen one',
    scenario: scenario(
      [use(ANN), wait(10 * MINUTE), BEGIN, wait(20_000), FINISH, wait(1_794_000), { ...BEGIN, age: 1 }],
      { renews: true },
    ),
  },
  {
    // Seed 1. The row of the renewed token was counted for the session that the second login had replaced.
    what: 'a session that was renewed and then replaced takes no place of the limit',
    scenario: scenario(
      [use(ANN), wait(29 * MINUTE), use(), use(ANN), use({ kind: 'logOut' }), wait(MINUTE), use(ANN)],
      { renews: true, limit: DENY_SECOND },
    ),
  },
  {
    // Seed 1. The new token of a request that was on its way brought the session back.
    what: 'a session that is revoked while its token is being rotated stays revoked',
    scenario: scenario([
      use(ANN),
      BEGIN,
      work({ kind: 'rotate' }),
      { kind: 'revokeAll', node: 1, user: 'ann' },
      FINISH,
      use(),
    ]),
  },
  {
    // The second login of the request counted as one of the same user, and took over what ann's session held.
    what: 'data of one user does not reach another who logs in twice in one request',
    scenario: scenario([
      use(ANN),
      BEGIN,
      work(BOB),
      work(BOB),
      use({ kind: 'set', key: 'a', value: 1 }),
      FINISH,
    ]),
  },
  {
    // Seed 7, sequence 8038. What the request had read was over, and nobody asked whether the session was.
    what: 'a request keeps its write when others have kept the session alive meanwhile',
    scenario: scenario([
      use({ kind: 'set', key: 'a', value: 1 }),
      wait(29.9 * MINUTE),
      BEGIN,
      use(),
      work({ kind: 'set', key: 'b', value: 2 }),
      wait(20_000),
      FINISH,
      use(),
    ]),
  },
  {
    // Seed 20270201, sequence 672. Here the model was wrong, and let the session before live on.
    what: 'a login ends the session that was presented also when another request has rotated it meanwhile',
    scenario: scenario([
      use(BOB),
      BEGIN,
      use({ kind: 'rotate' }),
      work(ANN),
      FINISH,
      { kind: 'list', node: 0, user: 'bob' },
    ]),
  },
  {
    // A copy of a token that was renewed before the rotation ended the session, as if it were a copy of the present one.
    what: 'a token from before a rotation is worth nothing, also for ending the session',
    scenario: scenario(
      [
        use(ANN),
        wait(10 * MINUTE),
        use(),
        wait(31_000),
        use({ kind: 'rotate' }),
        { kind: 'use', ...FIRST, age: 2, works: [], isLost: false },
        use(),
      ],
      { renews: true },
    ),
  },
]
