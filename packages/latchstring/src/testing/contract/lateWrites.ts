import assert from 'node:assert/strict'
import type { Session } from '../../core/session.ts'
import { Sessions } from '../../core/sessions.ts'
import type { Store } from '../../core/types.ts'
import { type FakeClock, fakeClock } from '../clock.ts'
import type { ContractCase } from './case.ts'

/** A request that is still on its way while its session ends. It returns the session it leaves behind. */
type Activity = (node: Sessions, token: string) => Promise<Session>

/** Ends the session from elsewhere. */
type Ending = (node: Sessions, login: Login) => Promise<unknown>

interface Login {
  readonly userId: string
  readonly sessionId: string
  readonly token: string
}

const ACTIVITIES: Readonly<Record<string, Activity>> = {
  read: (node, token) => changed(node, token, () => {}),
  write: (node, token) => changed(node, token, (session) => session.data.set('late', true)),
  touch: (node, token) =>
    changed(node, token, (session) => {
      session.touchRequested = true
    }),
  rotate: (node, token) => changed(node, token, () => {}),
  regenerate: async (node, token) => {
    const before = await node.open(token)
    await node.end(before, 'replaced')
    const after = node.anonymous()
    for (const [key, value] of Object.entries(before.data.values)) after.data.set(key, value)
    after.data.set('late', true)
    await node.commit(after)
    return after
  },
}

const ENDINGS: Readonly<Record<string, Ending>> = {
  'log out': async (node, { token }) => node.end(await node.open(token), 'logged_out'),
  revoke: (node, { userId, sessionId }) => node.revoke(userId, sessionId),
  revokeAll: (node, { userId }) => node.revokeAll(userId),
}

async function changed(node: Sessions, token: string, change: (session: Session) => void): Promise<Session> {
  const session = await node.open(token)
  change(session)
  await node.commit(session)
  return session
}

/** Every kind of late request against every kind of ending, in every order of their store calls. */
export const lateWriteCases: readonly ContractCase[] = Object.entries(ACTIVITIES).flatMap(
  ([late, activity]) =>
    Object.entries(ENDINGS).map(([end, ending]) => ({
      name: `S-13: a late ${late} never revives a session ended by ${end} (Z-2, T03)`,
      needs: 'list' as const,
      run: (store: Store) => neverRevives(store, late === 'rotate', activity, ending),
    })),
)

async function neverRevives(
  store: Store,
  renews: boolean,
  activity: Activity,
  ending: Ending,
): Promise<void> {
  const stage = new Stage(store, renews)
  try {
    await stage.eachOrder('interrupted request', (late, other, login) => ({
      interrupted: () => activity(late, login.token),
      interruption: () => ending(other, login),
    }))
    await stage.eachOrder('interrupted ending', (other, late, login) => ({
      interrupted: () => ending(other, login),
      interruption: () => activity(late, login.token),
    }))
  } finally {
    stage.close()
  }
}

interface Scene {
  readonly interrupted: () => Promise<unknown>
  readonly interruption: () => Promise<unknown>
}

/** Two nodes on one store, of which the first is stopped at each of its store calls in turn. */
class Stage {
  readonly #clock: FakeClock = fakeClock()
  readonly #pausing: PausingStore
  readonly #paused: Sessions
  readonly #other: Sessions

  constructor(store: Store, renews: boolean) {
    this.#pausing = new PausingStore(store)
    const renewal = renews ? { renewal: { every: 60_000, grace: 10_000 } } : {}
    const options = { clock: this.#clock, idleTimeout: '1h', ...renewal } as const
    this.#paused = new Sessions({ ...options, store: this.#pausing, storeTimeout: '20s' })
    this.#other = new Sessions({ ...options, store })
  }

  async eachOrder(
    name: string,
    play: (paused: Sessions, other: Sessions, login: Login) => Scene,
  ): Promise<void> {
    for (let call = 0, isOver = false; !isOver; call++) {
      const login = await this.#logIn(`${name} ${call}`)
      this.#clock.advance(61_000)
      const { interrupted, interruption } = play(this.#paused, this.#other, login)
      const results: unknown[] = []
      const disturb = async () => void results.push(await interruption())
      this.#pausing.beforeCall(call, disturb)
      results.push(await interrupted())
      isOver = !this.#pausing.hasPaused
      if (isOver) await disturb()
      await this.#assertDead(login, results, `${name}, before store call ${call}`)
    }
  }

  async #logIn(userId: string): Promise<Login> {
    const session = this.#other.anonymous()
    const device = { address: null, userAgent: null }
    this.#other.logIn(session, { id: userId }, { method: 'password', remember: false, device })
    session.data.set('early', true)
    await this.#other.commit(session)
    assert.ok(session.token !== null && session.id !== null)
    return { userId, sessionId: session.id, token: session.token }
  }

  async #assertDead({ userId, token }: Login, results: readonly unknown[], when: string): Promise<void> {
    const lateTokens = results.flatMap((result) => (hasToken(result) ? [result.token] : []))
    for (const known of [token, ...lateTokens]) {
      for (const node of [this.#paused, this.#other]) {
        assert.equal((await node.open(known)).userId, null, `${when}: a token is alive`)
      }
    }
    assert.deepEqual(await this.#other.list(userId), [], `${when}: a session is listed`)
  }

  close(): void {
    this.#paused.close()
    this.#other.close()
  }
}

function hasToken(result: unknown): result is { token: string } {
  return (
    typeof result === 'object' && result !== null && 'token' in result && typeof result.token === 'string'
  )
}

/** Lets something else happen right before one of its calls. */
class PausingStore implements Store {
  readonly #store: Store
  #callsLeft = Number.POSITIVE_INFINITY
  #disturb: () => Promise<void> = async () => {}

  constructor(store: Store) {
    this.#store = store
  }

  beforeCall(index: number, disturb: () => Promise<void>): void {
    this.#callsLeft = index
    this.#disturb = disturb
  }

  get hasPaused(): boolean {
    return this.#callsLeft < 0
  }

  read: Store['read'] = (key) => this.#pass(async () => this.#store.read(key))
  write: Store['write'] = (row) => this.#pass(() => this.#store.write(row))
  remove: Store['remove'] = (keys) => this.#pass(() => this.#store.remove(keys))
  list: Store['list'] = (userId) => this.#pass(() => this.#store.list(userId))
  purge: Store['purge'] = (now) => this.#store.purge(now)

  async #pass<T>(call: () => Promise<T>): Promise<T> {
    if (this.#callsLeft-- === 0) await this.#disturb()
    return call()
  }
}
