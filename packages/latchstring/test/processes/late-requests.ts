import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Crew } from './crew.ts'
import type { Activity, Ending, Login, Outcome } from './member-process.ts'

const ACTIVITIES: readonly Activity[] = ['read', 'write', 'touch', 'rotate', 'regenerate']
const ENDINGS: readonly Ending[] = ['log out', 'revoke', 'revokeAll']

/** Should a process never answer. */
const TIMEOUT = 60_000

const NAME = 'a late request in one process never revives a session that another ends while a third uses it'

/** Every kind of late request against every kind of ending, in every order of their store calls. */
export function testLateRequests(crewOf: () => Crew, ttl: number): void {
  test(`${NAME} (S-12, S-13, T03)`, { concurrency: true, timeout: TIMEOUT }, async (t) => {
    const crew = crewOf()
    const delays: number[] = []
    const scenes = ACTIVITIES.flatMap((late) => ENDINGS.map((ending) => new Scene(crew, late, ending, ttl)))
    // All at once, which is both faster and harder: sessions of many users are on their way at any moment.
    const played = scenes.map((scene) =>
      t.test(scene.name, async () => void delays.push(await scene.playEachOrder())),
    )
    await Promise.all(played)
    if (crew.isCached) sayDelay(t, Math.max(...delays))
  })
}

function sayDelay(t: TestContext, delay: number): void {
  t.diagnostic(`with the bus up, accepted until ${delay.toFixed(1)} ms after the acknowledged end`)
}

/** One kind of late request and one kind of ending, of which one is stopped at each of its store calls in turn. */
class Scene {
  readonly #crew: Crew
  readonly #late: Activity
  readonly #ending: Ending
  readonly #ttl: number
  /** When the last acceptance was asked for, in milliseconds after the end. */
  #delay = 0

  constructor(crew: Crew, late: Activity, ending: Ending, ttl: number) {
    this.#crew = crew
    this.#late = late
    this.#ending = ending
    this.#ttl = ttl
  }

  get name(): string {
    return `${this.#late} against ${this.#ending}`
  }

  /** How long some process still accepted a session after its acknowledged end. */
  async playEachOrder(): Promise<number> {
    for (let call = 0; await this.#interruptRequest(call); call++);
    for (let call = 0; await this.#interruptEnding(call); call++);
    return this.#delay
  }

  async #interruptRequest(call: number): Promise<boolean> {
    const [requester, ender, user] = this.#crew.members
    const login = await this.#begin(`request ${call}`)
    const tokens = new Tokens(login)
    let endedAt = 0
    const { value, wasPaused } = await requester.interrupt(
      call,
      (pause) => requester.ask('request', this.#late, login, pause),
      async () => {
        const use = user.ask('request', 'write', login)
        await ender.ask('end', this.#ending, login)
        endedAt = performance.now()
        tokens.add(await use, await this.#useEnded(login))
      },
    )
    tokens.add(value)
    await this.#assertDead(login, tokens, endedAt, `${this.#late} interrupted before store call ${call}`)
    return wasPaused
  }

  async #interruptEnding(call: number): Promise<boolean> {
    const [requester, ender, user] = this.#crew.members
    const login = await this.#begin(`ending ${call}`)
    const tokens = new Tokens(login)
    const { wasPaused } = await ender.interrupt(
      call,
      (pause) => ender.ask('end', this.#ending, login, pause),
      async () => {
        const both = [requester.ask('request', this.#late, login), user.ask('request', 'write', login)]
        tokens.add(...(await Promise.all(both)))
      },
    )
    const endedAt = performance.now()
    tokens.add(await this.#useEnded(login))
    await this.#assertDead(login, tokens, endedAt, `${this.#ending} interrupted before store call ${call}`)
    return wasPaused
  }

  /** A session that every process has seen alive, and holds in its cache if it has one. */
  async #begin(name: string): Promise<Login> {
    const { members } = this.#crew
    const userId = `${this.name}, ${name}`
    const login = await members[2].ask('logIn', userId, this.#late === 'rotate')
    const seen = members.map((member) => member.ask('isAccepted', login, login.token))
    assert.deepEqual(await Promise.all(seen), [true, true, true])
    return login
  }

  /** One more late request, sent after the end. Only a cache may not know yet. */
  async #useEnded(login: Login): Promise<Outcome> {
    const outcome = await this.#crew.members[2].ask('request', 'write', login)
    if (!this.#crew.isCached) assert.equal(outcome.isAccepted, false, 'accepted after the end')
    return outcome
  }

  async #assertDead(login: Login, tokens: Tokens, endedAt: number, when: string): Promise<void> {
    await this.#crew.truth.assertDead(login, tokens.all, when)
    for (const token of tokens.all) {
      for (const member of this.#crew.members) {
        while (await member.ask('isAccepted', login, token)) this.#noteAcceptance(endedAt, when)
      }
    }
  }

  #noteAcceptance(endedAt: number, when: string): void {
    const delay = performance.now() - endedAt
    assert.ok(this.#crew.isCached && delay < this.#ttl, `${when}: accepted ${delay} ms after the end`)
    this.#delay = Math.max(this.#delay, delay)
  }
}

/** Every token that some process was given for a session. */
class Tokens {
  readonly #tokens: Set<string>

  constructor({ token }: Login) {
    this.#tokens = new Set([token])
  }

  get all(): readonly string[] {
    return [...this.#tokens]
  }

  add(...outcomes: readonly Outcome[]): void {
    for (const { token } of outcomes) if (token !== null) this.#tokens.add(token)
  }
}
