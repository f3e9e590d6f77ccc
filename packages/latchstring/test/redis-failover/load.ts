import { setTimeout as sleep } from 'node:timers/promises'
import { LatchstringError } from '../../src/core/errors.ts'
import { Sessions } from '../../src/core/sessions.ts'
import type { Store } from '../../src/core/types.ts'
import type { Operation } from '../history/operations.ts'
import type { SeededRandom } from '../history/random.ts'

const USERS = 20
/** Enough that some go on while the others wait for the master that is gone. */
const LANES = 40
/** Milliseconds, at most, between two operations of a lane. */
const LONGEST_PAUSE = 100

/** An operation, and whether the store refused it: then nobody knows whether it happened. */
export interface Step extends Operation {
  readonly isRefused: boolean
}

export interface KnownSession {
  readonly userId: string
  readonly sessionId: string
  readonly token: string
}

/** Users who log in, use their sessions and log out, all the time, and what they are told. */
export class Load {
  readonly history: Step[] = []
  readonly known: KnownSession[] = []
  readonly store: Store
  readonly #sessions: Sessions
  readonly #random: SeededRandom
  #isRunning = true

  constructor(store: Store, random: SeededRandom) {
    this.store = store
    this.#sessions = new Sessions({ store })
    this.#random = random
  }

  /** Until it is stopped. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: LANES }, () => this.#runLane()))
    this.#sessions.close()
  }

  stop(): void {
    this.#isRunning = false
  }

  async #runLane(): Promise<void> {
    while (this.#isRunning) {
      await this.#step()
      await sleep(this.#random.below(LONGEST_PAUSE))
    }
  }

  #step(): Promise<void> {
    const session = this.#random.pick(this.known)
    const choice = this.#random.below(100)
    if (session === undefined || choice < 20) return this.#logIn(`user${this.#random.below(USERS)}`)
    return choice < 35 ? this.#logOut(session) : this.#use(session, choice < 65)
  }

  #logIn(userId: string): Promise<void> {
    return this.#record('login', { userId, sessionId: null }, async () => {
      const session = this.#sessions.anonymous()
      const device = { address: null, userAgent: null }
      this.#sessions.logIn(session, { id: userId }, { method: 'password', remember: false, device })
      await this.#sessions.commit(session)
      const { id: sessionId, token } = session
      if (sessionId !== null && token !== null) this.known.push({ userId, sessionId, token })
      return { sessionId, isAccepted: true }
    })
  }

  /** Sessions that have ended are used too: that is what must not work. */
  #use(known: KnownSession, writes: boolean): Promise<void> {
    return this.#record('use', known, async () => {
      const session = await this.#sessions.open(known.token)
      const isAccepted = session.userId !== null
      if (writes && isAccepted) session.data.set('count', this.history.length)
      await this.#sessions.commit(session)
      return { sessionId: known.sessionId, isAccepted }
    })
  }

  #logOut(known: KnownSession): Promise<void> {
    return this.#record('log out', known, async () => {
      const session = await this.#sessions.open(known.token)
      const isAccepted = session.userId !== null
      if (isAccepted) await this.#sessions.end(session, 'logged_out')
      return { sessionId: known.sessionId, isAccepted }
    })
  }

  async #record(
    kind: Step['kind'],
    { userId, sessionId }: Pick<Step, 'userId' | 'sessionId'>,
    work: () => Promise<Pick<Step, 'sessionId' | 'isAccepted'>>,
  ): Promise<void> {
    const sentAt = process.hrtime.bigint()
    const refused = (error: unknown) => {
      if (!(error instanceof LatchstringError)) throw error
      return { sessionId, isAccepted: false, isRefused: true }
    }
    const outcome = await work().then((told) => ({ ...told, isRefused: false }), refused)
    this.history.push({ kind, userId, sentAt, answeredAt: process.hrtime.bigint(), key: null, ...outcome })
  }
}
