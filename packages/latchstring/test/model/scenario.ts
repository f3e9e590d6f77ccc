import fc from 'fast-check'
import { MINUTE, type Settings } from './world.ts'

/** What a request does with its session. */
export type Work =
  | { readonly kind: 'set' | 'append'; readonly key: string; readonly value: number }
  | { readonly kind: 'delete' | 'increment'; readonly key: string }
  | { readonly kind: 'logIn'; readonly user: string; readonly remember: boolean }
  | { readonly kind: 'touch' | 'rotate' | 'logOut' | 'regenerate' }

/** Whose request it is. `age` counts back through the tokens that the browser was given. */
export interface Presented {
  readonly node: number
  readonly browser: number
  readonly age: number
}

export type Command =
  /** A whole request. The browser may lose the response. */
  | ({ readonly kind: 'use'; readonly works: readonly Work[]; readonly isLost: boolean } & Presented)
  /** The three parts of a request, with others between them. */
  | ({ readonly kind: 'begin' } & Presented)
  | { readonly kind: 'work'; readonly visit: number; readonly work: Work }
  | { readonly kind: 'finish'; readonly visit: number; readonly isLost: boolean }
  | { readonly kind: 'list' | 'revokeAll' | 'disable'; readonly node: number; readonly user: string }
  | { readonly kind: 'enable'; readonly user: string }
  /** `nth` of the sessions that were ever seen, of this user or not. */
  | {
      readonly kind: 'revoke' | 'revokeOthers'
      readonly node: number
      readonly user: string
      readonly nth: number
    }
  | { readonly kind: 'purge'; readonly node: number }
  | { readonly kind: 'advance'; readonly by: number }

export interface Scenario {
  readonly settings: Settings
  readonly commands: readonly Command[]
}

const LONGEST = 40

const user = fc.constantFrom('ann', 'bob')
const node = fc.nat(1)
const visit = fc.nat(2)
const key = fc.constantFrom('a', 'b')
const value = fc.nat(9)
const isLost = fc.boolean()

const work: fc.Arbitrary<Work> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('set'), key, value }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('increment'), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete'), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('append'), key: fc.constant('list'), value }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('logIn'), user, remember: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('touch', 'rotate', 'logOut', 'regenerate') }),
  },
)

/** Mostly the newest token. */
const presented = { node, browser: fc.nat(2), age: fc.constantFrom(0, 0, 0, 0, 1, 2) }

/** Around every border: touch, grace period, renewal, idle, absolute. */
const by = fc.constantFrom(1_000, 20_000, 31_000, 10 * MINUTE, 29.9 * MINUTE, 31 * MINUTE, 235 * MINUTE)

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('use'),
      ...presented,
      works: fc.array(work, { maxLength: 3 }),
      isLost: fc.constantFrom(false, false, false, true),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('begin'), ...presented }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('work'), visit, work }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('finish'), visit, isLost }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('advance'), by }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('list', 'revokeAll', 'disable'), node, user }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('enable'), user }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('revoke', 'revokeOthers'), node, user, nth: fc.nat(5) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('purge'), node }) },
)

const settings: fc.Arbitrary<Settings> = fc.record({
  renews: fc.boolean(),
  limit: fc.option(
    fc.record({ max: fc.constantFrom(1, 2), policy: fc.constantFrom('revoke-oldest', 'deny') }),
    { freq: 2 },
  ),
})

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  settings,
  commands: fc.array(command, { minLength: 1, maxLength: LONGEST, size: 'max' }),
})
