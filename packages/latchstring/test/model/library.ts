import type { SessionEvent } from '../../src/core/events.ts'
import type { Session } from '../../src/core/session.ts'
import { Sessions } from '../../src/core/sessions.ts'
import type { RandomSource, Store, Timers } from '../../src/core/types.ts'
import type { FakeClock } from '../../src/testing/clock.ts'
import { Directory } from '../directory.ts'
import {
  ABSOLUTE,
  IDLE,
  type Listed,
  REMEMBER,
  RENEWAL,
  type Settings,
  START,
  type Told,
  type View,
  type Visit,
  type World,
} from './world.ts'

/** Stores that are slow are no subject here, and nothing is purged unasked. */
const NO_TIMERS: Timers = { schedule: () => () => {}, repeat: () => () => {} }

/** As many bytes as wanted, different ones each time. */
function counting(): RandomSource {
  let count = 0
  return (size) => {
    const bytes = Buffer.alloc(size)
    bytes.writeUInt32BE(++count)
    return bytes
  }
}

/** The library: one node for each store, which are views of the same rows. */
export class Library implements World {
  readonly #clock: FakeClock
  readonly #nodes: readonly Sessions[]
  readonly #directory = new Directory()
  #told: Told[] = []

  constructor(stores: readonly Store[], settings: Settings, clock: FakeClock) {
    this.#clock = clock
    const random = counting()
    this.#nodes = stores.map((store) => this.#nodeOn(store, settings, random))
  }

  #nodeOn(store: Store, { renews, limit }: Settings, random: RandomSource): Sessions {
    return new Sessions({
      store,
      clock: this.#clock,
      random,
      timers: NO_TIMERS,
      idleTimeout: IDLE,
      absoluteTimeout: ABSOLUTE,
      rememberTimeout: REMEMBER,
      ...(renews ? { renewal: RENEWAL } : {}),
      ...(limit === null ? {} : { maxSessionsPerUser: limit }),
      credentialVersion: async (userId) => this.#directory.version(String(userId)),
      onEvent: (event) => void this.#told.push(toldOf(event)),
    })
  }

  advance(milliseconds: number): void {
    this.#clock.advance(milliseconds)
  }

  async open(node: number, token: string | null): Promise<Visit> {
    const sessions = this.#node(node)
    const session = token === null ? sessions.anonymous() : await sessions.open(token)
    return new Request(sessions, session, this.#directory)
  }

  async list(node: number, user: string): Promise<Listed[]> {
    const listed = await this.#node(node).list(user)
    return listed.map(({ id, lastSeenAt, expiresAt }) => ({ sessionId: id, lastSeenAt, expiresAt }))
  }

  revoke(node: number, user: string, sessionId: string): Promise<boolean> {
    return this.#node(node).revoke(user, sessionId)
  }

  revokeOthers(node: number, user: string, sessionId: string): Promise<number> {
    return this.#node(node).revokeOthers(user, sessionId)
  }

  revokeAll(node: number, user: string): Promise<number> {
    return this.#node(node).revokeAll(user)
  }

  /** As `disableUser` of accounts does it. */
  async disable(node: number, user: string): Promise<void> {
    await this.revokeAll(node, user)
    this.#directory.disable(user)
    await this.revokeAll(node, user)
  }

  enable(user: string): void {
    this.#directory.enable(user)
  }

  async purge(node: number): Promise<void> {
    this.#told.push({
      type: 'purged',
      user: null,
      sessionId: null,
      detail: String(await this.#node(node).purge()),
    })
  }

  takeEvents(): Told[] {
    const told = this.#told
    this.#told = []
    return told
  }

  #node(index: number): Sessions {
    const node = this.#nodes[index % this.#nodes.length]
    if (node === undefined) throw new Error('a library without a store')
    return node
  }
}

class Request implements Visit {
  readonly #sessions: Sessions
  readonly #directory: Directory
  #session: Session
  #hasEnded = false

  constructor(sessions: Sessions, session: Session, directory: Directory) {
    this.#sessions = sessions
    this.#session = session
    this.#directory = directory
  }

  look(): View {
    const { id, userIdText, token, data, authentications, endedElsewhere } = this.#session
    return {
      sessionId: id,
      user: userIdText,
      token,
      data: { ...data.values },
      logins: authentications.map(({ method, at }) => `${method}@${at - START}`).join(),
      isOver: this.#hasEnded || endedElsewhere,
    }
  }

  set(key: string, value: number): void {
    this.#session.data.set(key, value)
  }

  delete(key: string): void {
    this.#session.data.delete(key)
  }

  increment(key: string): void {
    this.#session.data.update(key, (current) => (typeof current === 'number' ? current : 0) + 1)
  }

  append(key: string, value: number): void {
    const held = this.#session.data.get(key)
    if (Array.isArray(held)) held.push(value)
    else this.#session.data.set(key, [value])
  }

  touch(): void {
    this.#session.touchRequested = true
  }

  logIn(user: string, remember: boolean): boolean {
    if (this.#directory.isDisabled(user)) return false
    this.#logIn(user, 'password', remember)
    return true
  }

  rotate(): boolean {
    const { userIdText, state } = this.#session
    if (userIdText === null) return false
    this.#logIn(userIdText, null, state?.remember ?? false)
    return true
  }

  #logIn(id: string, method: string | null, remember: boolean): void {
    const credentialVersion = this.#directory.version(id)
    const device = { address: null, userAgent: null }
    this.#sessions.logIn(this.#session, { id, credentialVersion }, { method, remember, device })
  }

  /** As an exchange does it: what comes next belongs to an empty session. */
  async end(reason: 'logged_out' | 'replaced'): Promise<void> {
    await this.#sessions.end(this.#session, reason)
    this.#hasEnded = true
    this.#session = this.#sessions.anonymous()
  }

  commit(): Promise<void> {
    return this.#sessions.commit(this.#session)
  }
}

function toldOf(event: SessionEvent): Told {
  const { type } = event
  const user = 'userId' in event ? event.userId : null
  const sessionId = 'sessionId' in event ? event.sessionId : null
  return { type, user, sessionId, detail: detailOf(event) }
}

function detailOf(event: SessionEvent): string {
  if (event.type === 'session.lost_update') return event.keys.toSorted().join()
  if (event.type === 'store.failed') return event.error.message
  return 'reason' in event ? event.reason : ''
}
