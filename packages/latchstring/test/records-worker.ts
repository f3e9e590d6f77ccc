/** One of several processes on the same stores. It races when it is told to. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Backoff } from '../src/auth/backoff.ts'
import { Counters } from '../src/auth/counters.ts'
import { OneTimeTokens } from '../src/auth/oneTimeTokens.ts'
import { PendingLogins } from '../src/auth/pendingLogins.ts'
import { type Bucket, Throttle } from '../src/auth/throttle.ts'
import { systemRandom } from '../src/core/random.ts'
import { type OpenStore, openStore, type Place } from './history/stores.ts'
import { createRecords, parallel } from './records-support.ts'

export type Race = 'redeem' | 'guess' | 'consume' | 'throttle' | 'throttle in one row' | 'back off'

export interface Order {
  readonly place: Place
  readonly race: Race
  /** A token, or whom it is about. */
  readonly subject: string
  /** How often everybody does it at once, and how often again after that. */
  readonly lanes: number
  readonly rounds: number
  /** When it begins, in milliseconds since the epoch. */
  readonly at: number
}

/** The same in the row of the wide one. */
export function bucketInside(subject: string): Bucket {
  const [narrow, within] = bucketsOf(subject)
  return { ...narrow, within }
}

/** The narrow one gives out 60 of 150, and the wide one would give out 100. */
export function bucketsOf(subject: string): readonly [Bucket, Bucket] {
  const window = 600_000
  return [
    { name: 'narrow', subject, max: 60, window },
    { name: 'wide', subject, max: 100, window },
  ]
}

type Racer = (subject: string) => Promise<boolean>

const open = new Map<string, OpenStore>()

async function openOnce(place: Place): Promise<OpenStore> {
  const name = JSON.stringify(place)
  const opened = open.get(name) ?? (await openStore(place))
  open.set(name, opened)
  return opened
}

/** Each answers whether it succeeded. */
function racersOn({ store }: OpenStore): Readonly<Record<Race, Racer>> {
  const records = createRecords({ store, clock: Date.now, timeout: 10_000 })
  const counters = new Counters({ records, emit: ({ type }) => process.send?.(type) })
  const throttle = new Throttle(counters)
  const backoff = new Backoff({ counters, random: systemRandom })
  const tokens = new OneTimeTokens(records)
  const pendingLogins = new PendingLogins(records)
  return {
    redeem: async (token) => (await tokens.redeem('password_reset', token)) !== null,
    guess: async (token) => (await pendingLogins.attempt(token)) !== null,
    consume: (token) => pendingLogins.consume(token),
    throttle: async (subject) => (await throttle.take(bucketsOf(subject))).kind === 'admitted',
    'throttle in one row': async (subject) =>
      (await throttle.takeAsLeft(bucketInside(subject))).kind === 'admitted',
    'back off': async (subject) => (await (await backoff.look(subject))()).kind === 'open',
  }
}

async function run({ place, race, subject, lanes, rounds, at }: Order): Promise<number> {
  const racer = racersOn(await openOnce(place))[race]
  await sleep(Math.max(0, at - Date.now()))
  const successes = await parallel(lanes, () => runLane(() => racer(subject), rounds))
  return successes.reduce((total, number) => total + number, 0)
}

async function runLane(racer: () => Promise<boolean>, rounds: number): Promise<number> {
  let successes = 0
  for (let round = 0; round < rounds; round++) if (await racer()) successes++
  return successes
}

async function closeAll(): Promise<void> {
  for (const { close } of open.values()) await close()
}

if (import.meta.main) {
  process.on('message', (order: Order) => {
    run(order).then(
      (successes) => process.send?.(successes),
      (error: unknown) => process.send?.(String(error)),
    )
  })
  process.once('disconnect', () => void closeAll())
  process.send?.('ready')
}
