import { LatchstringError } from '../../src/core/errors.ts'
import type { Node } from './node.ts'
import { CHOICES, type OperationName, Operations } from './operations.ts'
import { START, TTL, USERS } from './settings.ts'
import type { KnownSession, Source } from './truth.ts'
import { type Browser, World } from './world.ts'

/** Nothing takes longer: in milliseconds of simulated time. */
const LONGEST = 300_000
/** As long as one operation may take: it makes a few dozens of calls at most, and each has its deadline. */
const LONGEST_OPERATION = 30_000
/** Operations begin in bursts, so that they meet. */
const BURST = 8
const BETWEEN_BURSTS = 150
const IN_A_BURST = 4

/** What came of a schedule. */
export interface Outcome {
  readonly violations: readonly string[]
  /** What happened, line by line, if it was to be told: the same for the same seed. */
  readonly log: readonly string[]
}

/** One history of several nodes on one store, which a seed decides from beginning to end. */
export class Schedule {
  readonly #world: World
  readonly #operations: Operations
  /** Whose process is up: nobody waits for the others. */
  readonly #running = new Map<string, { readonly isUp: boolean }>()
  #begun = 0

  constructor(seed: number, { isTold = false }: { readonly isTold?: boolean } = {}) {
    this.#world = new World(seed, isTold)
    this.#operations = new Operations(this.#world)
    this.#world.rows.onChange = () => this.#checkLimit()
  }

  /** Runs something later, in simulated time. Returns what cancels it. */
  after(milliseconds: number, run: () => void): () => void {
    return this.#world.scheduler.after(milliseconds, run)
  }

  async play(): Promise<Outcome> {
    this.#world.note('settings', JSON.stringify(this.#world.settings))
    this.#world.isFair = true
    for (const browser of this.#world.browsers) this.#begin('login', browser)
    await this.#world.scheduler.run(START + LONGEST)
    this.#world.isFair = false
    this.#appointOperations()
    await this.#world.scheduler.run(START + LONGEST)
    this.#world.isFair = true
    this.#checkThatAllSettled()
    this.#checkRows()
    await this.#checkTokens()
    return { violations: this.#world.truth.violations, log: this.#world.log }
  }

  #appointOperations(): void {
    for (let index = 0; index < this.#world.settings.operations; index++) {
      const burst = Math.floor(index / IN_A_BURST) * BETWEEN_BURSTS
      this.#world.scheduler.after(burst + this.#world.random.below(BURST), () => this.#beginAny())
    }
  }

  #beginAny(): void {
    const { random, browsers } = this.#world
    const name = random.pick(CHOICES) ?? 'read'
    this.#begin(name, random.pick(browsers) ?? { token: null })
  }

  #begin(name: OperationName, browser: Browser): void {
    const { random, nodes } = this.#world
    const node = random.pick(nodes)
    if (node === undefined) return
    const title = `${name} ${++this.#begun}`
    const errand = { node, browser, sentAt: this.#world.moment() }
    this.#running.set(title, node)
    this.#world.note(title, 'begins')
    void this.#operations.byName[name](errand)
      .catch((error: unknown) => this.#failed(error))
      .then((outcome) => this.#finish(title, errand.sentAt.at, outcome))
  }

  #finish(title: string, sentAt: number, outcome: string): void {
    const { scheduler, truth } = this.#world
    this.#running.delete(title)
    this.#world.note(title, outcome)
    const took = scheduler.now - sentAt
    if (took > LONGEST_OPERATION) truth.violated(`${title} took ${took} ms`)
  }

  #failed(error: unknown): string {
    if (!(error instanceof LatchstringError)) {
      this.#world.truth.violated(`failed: ${error instanceof Error ? error.stack : String(error)}`)
      return 'failed'
    }
    const { faultOnceIn, isStoreFair } = this.#world.settings
    const mayFail = (faultOnceIn > 0 && !isStoreFair) || error.code !== 'store_unavailable'
    if (!mayFail || /in a row|too often|too many|kept appearing/.test(error.message)) {
      this.#world.truth.violated(`failed for no reason: ${error.code} ${error.message}`)
    }
    return error.code
  }

  #checkThatAllSettled(): void {
    for (const [name, node] of this.#running) if (node.isUp) this.#world.truth.violated(`${name} hangs`)
  }

  /**
   * At no moment may a user have more sessions than allowed. A renewal on its way has a row whose token nobody has: it
   * looks like a session from outside.
   */
  #checkLimit(): void {
    const { limit, renews } = this.#world.settings
    if (limit === null || renews) return
    for (const user of USERS) {
      const count = new Set(this.#world.rows.living(user).map(({ id }) => id)).size
      if (count > limit.max)
        this.#world.truth.violated(`${user} has ${count} sessions, allowed are ${limit.max}`)
    }
  }

  /**
   * Whoever nobody has tried to end is there, with all that was acknowledged. Beside its row there may be those of
   * renewals that came to nothing, which hold what was there then.
   */
  #checkRows(): void {
    const { rows, truth } = this.#world
    const spared = [...truth.sessions.values()].filter(({ threats, spared }) => threats === spared)
    for (const session of spared) {
      const found = rows.living(session.user).filter(({ id }) => id === session.id)
      const problems = found.map(({ data }) => this.#problemOf(session, JSON.parse(data)))
      if (!problems.includes(null))
        truth.violated(`session ${session.id} ${problems.join(', ') || 'is gone'}`)
    }
  }

  #problemOf({ user, keys, counts }: KnownSession, data: Record<string, unknown>): string | null {
    const lost = [...keys.keys()].find((key) => !(key in data))
    if (lost !== undefined) return `has lost ${lost}`
    const count = Number(data[`${user ?? 'visitor'}:n`] ?? 0)
    // A write that was sent again may have been made twice.
    const most = counts.tried + this.#world.storeWeather.resent
    const fits = counts.acknowledged <= count && count <= most
    return fits ? null : `counts ${count}: ${JSON.stringify(counts)}`
  }

  /** When no cache may answer any more, no node accepts a token of what has ended, and a new one finds the rest. */
  async #checkTokens(): Promise<void> {
    const { scheduler, settings, nodes } = this.#world
    scheduler.pass(TTL)
    const opened = settings.isCached ? nodes.map((node) => this.#openAll(node, 'confirm')) : []
    await scheduler.run(START + 2 * LONGEST)
    const openedAnew = this.#openAll(this.#world.startNode(0), 'store')
    await scheduler.run(START + 2 * LONGEST)
    await Promise.all([...opened, openedAnew])
  }

  async #openAll({ sessions }: Node, source: Source): Promise<void> {
    const { truth } = this.#world
    const sentAt = this.#world.moment()
    const opened = [...truth.tokens.keys()].map(async (token) => {
      truth.checkAnswer(token, sentAt, await sessions.open(token), source)
    })
    await Promise.all(opened).catch((error: unknown) => truth.violated(`in good weather: ${error}`))
  }
}
