import { EventEmitter, once } from 'node:events'
import { flushCompileCache } from 'node:module'
import { LatchstringError, type LatchstringErrorCode } from '../../src/core/errors.ts'
import type { SessionLimit } from '../../src/core/limit.ts'
import type { Session } from '../../src/core/session.ts'
import { Sessions } from '../../src/core/sessions.ts'
import type { Row, Store } from '../../src/core/types.ts'
import { fakeClock } from '../../src/testing/clock.ts'
import { openStore } from '../history/stores.ts'
import { MarkedBus, withMarks } from './marked-bus.ts'
import { Outbox } from './outbox.ts'
import { PausingStore } from './pausing-store.ts'

/** One of the processes on a store: it does what it is told, and tells what came of it. */

/** What a request does between opening its session and answering. It returns the session that it leaves behind. */
const ACTIVITIES = {
  read: async (session: Session) => session,
  write: async (session: Session) => {
    session.data.set('late', true)
    return session
  },
  touch: async (session: Session) => {
    session.touchRequested = true
    return session
  },
  /** The session of such a request is due to be renewed. */
  rotate: async (session: Session) => session,
  regenerate: async (session: Session, node: Sessions) => {
    await node.end(session, 'replaced')
    const next = node.anonymous()
    for (const [key, value] of Object.entries(session.data.values)) next.data.set(key, value)
    next.data.set('late', true)
    return next
  },
}

const ENDINGS = {
  'log out': async (node: Sessions, { token }: Login) => node.end(await node.open(token), 'logged_out'),
  revoke: (node: Sessions, { userId, sessionId }: Login) => node.revoke(userId, sessionId),
  revokeAll: (node: Sessions, { userId }: Login) => node.revokeAll(userId),
}

export type Activity = keyof typeof ACTIVITIES
export type Ending = keyof typeof ENDINGS

export interface Login {
  readonly userId: string
  readonly sessionId: string
  readonly token: string
  /** Whether tokens are renewed, and this one is due. */
  readonly renews: boolean
}

/** Where to stop until `resume`: before the store call of this number, counted from 0. */
export interface Pause {
  readonly name: string
  readonly call: number
}

/** What came of a login that a limit may refuse. */
export interface Admission {
  readonly token: string | null
  readonly refusal: LatchstringErrorCode | null
}

/** What a request saw and left behind. */
export interface Outcome {
  readonly isAccepted: boolean
  readonly token: string | null
}

/** A login of so long ago is due for a touch, and for a renewal if there are any. */
const AGE = 61_000
/** For the store on a busy machine, in milliseconds. */
const PATIENCE = 20_000
const NEVER: Pause = { name: '', call: Number.POSITIVE_INFINITY }

const [, , place = ''] = process.argv
const resumptions = new EventEmitter()
const outbox = new Outbox<Message>((messages) => process.send?.(messages))
// It stands still unless it is told otherwise: only messages take a row out of the cache.
const cacheClock = fakeClock()
let marked: MarkedBus | null = null
const { bare, cache } = await openStore(JSON.parse(place), {
  patience: PATIENCE,
  clock: cacheClock,
  tap: (bus) => {
    marked = new MarkedBus(bus, (mark) => outbox.post({ type: 'arrived', mark }))
    return marked
  },
})
let store: Store = bare

const ORDERS = {
  read: (key: string) => store.read(key),
  write: (row: Row) => store.write(row),
  remove: (keys: readonly string[]) => store.remove(keys),
  list: (userId: string) => store.list(userId),
  purge: (now: number) => store.purge(now),
  stats: () => cache?.stats() ?? null,
  useCache: () => {
    if (cache === null) throw new Error('there is no cache')
    store = cache
  },
  /** `stats` tell of the connection that listens. Messages leave by another one. */
  canPublish: () => isFulfilled(marked?.publish([])),
  ageCache: (milliseconds: number) => cacheClock.advance(milliseconds),
  logIn,
  logInAtOnce,
  request,
  end,
  writeKeys,
  isAccepted: (login: Login, token: string) =>
    on(login, NEVER, async (node) => (await node.open(token)).userId !== null),
  resume: (name: string) => {
    resumptions.emit(name)
  },
}

export type Orders = typeof ORDERS

export interface Order {
  readonly id: number
  readonly name: keyof Orders
  readonly values: readonly unknown[]
}

export type Message =
  | { readonly type: 'ready' }
  /** A message of the bus, from another process. */
  | { readonly type: 'arrived'; readonly mark: string }
  | { readonly type: 'paused'; readonly name: string }
  | { readonly type: 'done'; readonly id: number; readonly value: unknown; readonly marks: readonly string[] }
  | { readonly type: 'failed'; readonly id: number; readonly failure: Failure }

export interface Failure {
  readonly code: LatchstringErrorCode | null
  readonly message: string
}

process.on('message', (orders: readonly Order[]) => {
  for (const order of orders) void carryOut(order)
})
process.on('disconnect', () => process.exit())
// For the next one: Node writes it when a process ends by itself, which may be in minutes.
flushCompileCache()
outbox.post({ type: 'ready' })

async function carryOut({ id, name, values }: Order): Promise<void> {
  try {
    const done = await withMarks(() => Reflect.apply(ORDERS[name], null, values))
    outbox.post({ type: 'done', id, ...done })
  } catch (error) {
    outbox.post({ type: 'failed', id, failure: failureOf(error) })
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof LatchstringError) return { code: error.code, message: error.message }
  return { code: null, message: error instanceof Error ? String(error.stack) : String(error) }
}

async function isFulfilled(work: Promise<void> | undefined): Promise<boolean> {
  const [outcome] = await Promise.allSettled([work])
  return outcome.status === 'fulfilled'
}

/** Each request has an engine of its own, as it may have to stop where no other does. */
async function on<T>(
  { renews }: Pick<Login, 'renews'>,
  { name, call }: Pause,
  work: (node: Sessions) => Promise<T>,
): Promise<T> {
  const pausing = new PausingStore(store, call, () => untilResumed(name))
  const renewal = renews ? { renewal: { every: '1m' } as const } : {}
  const node = new Sessions({ store: pausing, storeTimeout: PATIENCE, ...renewal })
  try {
    return await work(node)
  } finally {
    node.close()
  }
}

async function untilResumed(name: string): Promise<void> {
  const resumed = once(resumptions, name)
  outbox.post({ type: 'paused', name })
  await resumed
}

async function logIn(userId: string, renews: boolean): Promise<Login> {
  const node = new Sessions({ store, storeTimeout: PATIENCE, clock: () => Date.now() - AGE })
  const session = node.anonymous()
  const device = { address: null, userAgent: null }
  node.logIn(session, { id: userId }, { method: 'password', remember: false, device })
  session.data.set('early', true)
  await node.commit(session)
  node.close()
  return { userId, sessionId: session.id ?? '', token: session.token ?? '', renews }
}

/** So many times, all of one user and at the same time. */
async function logInAtOnce(userId: string, limit: SessionLimit, count: number): Promise<Admission[]> {
  const node = new Sessions({ store, storeTimeout: PATIENCE, maxSessionsPerUser: limit })
  const admissions = await Promise.all(Array.from({ length: count }, () => admission(node, userId)))
  node.close()
  return admissions
}

async function admission(node: Sessions, userId: string): Promise<Admission> {
  const session = node.anonymous()
  const device = { address: null, userAgent: null }
  node.logIn(session, { id: userId }, { method: 'password', remember: false, device })
  try {
    await node.commit(session)
    return { token: session.token, refusal: null }
  } catch (error) {
    if (!(error instanceof LatchstringError)) throw error
    return { token: session.token, refusal: error.code }
  }
}

function request(activity: Activity, login: Login, pause: Pause = NEVER): Promise<Outcome> {
  return on(login, pause, async (node) => {
    const session = await node.open(login.token)
    const isAccepted = session.userId !== null
    const left = await ACTIVITIES[activity](session, node)
    await node.commit(left)
    return { isAccepted, token: left.token }
  })
}

function end(ending: Ending, login: Login, pause: Pause = NEVER): Promise<unknown> {
  return on<unknown>(login, pause, (node) => ENDINGS[ending](node, login))
}

/** Each in a request of its own, all at the same time. */
async function writeKeys(login: Login, keys: readonly string[]): Promise<void> {
  await on(login, NEVER, async (node) => {
    await Promise.all(keys.map((key) => writeKey(node, login.token, key)))
  })
}

async function writeKey(node: Sessions, token: string, key: string): Promise<void> {
  const session = await node.open(token)
  session.data.set(key, true)
  await node.commit(session)
}
