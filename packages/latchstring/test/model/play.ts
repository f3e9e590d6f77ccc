import { LatchstringError } from '../../src/core/errors.ts'
import type { Command, Presented, Scenario, Work } from './scenario.ts'
import { MINUTE, START, type Told, type View, type Visit, type World } from './world.ts'

/** What came of one command: as a user sees it, and as it was reported. */
export interface Step {
  readonly command: Command
  readonly seen: string
  readonly told: readonly Told[]
}

/** Whoever waits longer than this has no request on the way any more. */
const PATIENCE = MINUTE

/** What came of each command of a scenario, with names in the place of everything that is random. */
export async function play(world: World, { commands }: Scenario): Promise<Step[]> {
  const stage = new Stage(world)
  const steps: Step[] = []
  for (const command of commands) {
    const seen = await stage.perform(command)
    steps.push({ command, seen, told: stage.takeEvents() })
  }
  return steps
}

interface OpenVisit {
  readonly visit: Visit
  readonly browser: number
  readonly presented: string | null
}

class Stage {
  readonly #world: World
  readonly #names = new Map<string, string>()
  readonly #sessionIds: string[] = []
  /** What each browser was given, the newest last; `null` where it was told to forget. */
  readonly #jars = new Map<number, (string | null)[]>()
  #visits: OpenVisit[] = []
  #now = START

  constructor(world: World) {
    this.#world = world
  }

  async perform(command: Command): Promise<string> {
    // No two things happen at the same moment: whoever logged in first is known.
    this.#advance(1)
    try {
      return await this.#attempt(command)
    } catch (error) {
      if (error instanceof LatchstringError) return error.code
      throw error
    }
  }

  takeEvents(): Told[] {
    return this.#world
      .takeEvents()
      .map((told) => ({ ...told, sessionId: this.#nameOf('session', told.sessionId) }))
  }

  #attempt(command: Command): Promise<string> {
    switch (command.kind) {
      case 'use':
        return this.#use(command, command.works, command.isLost)
      case 'begin':
        return this.#begin(command)
      case 'work':
        return this.#work(command.visit, command.work)
      case 'finish':
        return this.#finish(command.visit, command.isLost)
      case 'advance':
        return this.#wait(command.by)
      default:
        return this.#administer(command)
    }
  }

  async #administer(
    command: Exclude<Command, { kind: 'use' | 'begin' | 'work' | 'finish' | 'advance' }>,
  ): Promise<string> {
    const world = this.#world
    switch (command.kind) {
      case 'list':
        return this.#list(command.node, command.user)
      case 'revokeAll':
        return String(await world.revokeAll(command.node, command.user))
      case 'disable':
        return String(await world.disable(command.node, command.user))
      case 'enable':
        return String(world.enable(command.user))
      case 'revoke':
        return String(await world.revoke(command.node, command.user, this.#nth(command.nth)))
      case 'revokeOthers':
        return String(await world.revokeOthers(command.node, command.user, this.#nth(command.nth)))
      case 'purge':
        // How many rows that was is nothing that a user could expect.
        await world.purge(command.node)
        return 'purged'
    }
  }

  async #use(presented: Presented, works: readonly Work[], isLost: boolean): Promise<string> {
    const open = await this.#open(presented)
    for (const work of works) await perform(open.visit, work)
    return this.#commit(open, isLost)
  }

  async #begin(presented: Presented): Promise<string> {
    const open = await this.#open(presented)
    this.#visits.push(open)
    return this.#describe(open.visit.look())
  }

  async #work(index: number, work: Work): Promise<string> {
    const open = this.#pick(index)
    if (open === undefined) return 'nobody is there'
    await perform(open.visit, work)
    return this.#describe(open.visit.look())
  }

  async #finish(index: number, isLost: boolean): Promise<string> {
    const open = this.#pick(index)
    if (open === undefined) return 'nobody is there'
    this.#visits = this.#visits.filter((other) => other !== open)
    return this.#commit(open, isLost)
  }

  /** A long time passes only when all requests have been answered. */
  async #wait(by: number): Promise<string> {
    const seen: string[] = []
    while (by >= PATIENCE && this.#visits.length > 0) {
      seen.push(await this.#finish(0, false).catch(codeOf))
    }
    this.#advance(by)
    return seen.join(' | ')
  }

  #advance(by: number): void {
    this.#now += by
    this.#world.advance(by)
  }

  async #open({ node, browser, age }: Presented): Promise<OpenVisit> {
    const presented = this.#jar(browser).at(-1 - age) ?? null
    return { visit: await this.#world.open(node, presented), browser, presented }
  }

  async #commit({ visit, browser, presented }: OpenVisit, isLost: boolean): Promise<string> {
    await visit.commit()
    const view = visit.look()
    if (!isLost) this.#give(browser, presented, view)
    return this.#describe(view)
  }

  #give(browser: number, presented: string | null, { token, isOver }: View): void {
    const jar = this.#jar(browser)
    const isNew = token !== null && token !== presented
    if (isNew) jar.push(token)
    else if (token === null && isOver && presented !== null) jar.push(null)
  }

  async #list(node: number, user: string): Promise<string> {
    const listed = await this.#world.list(node, user)
    const isSorted = listed.every(
      ({ lastSeenAt }, index) => lastSeenAt <= (listed[index - 1]?.lastSeenAt ?? Infinity),
    )
    const lines = listed.map(
      ({ sessionId, lastSeenAt, expiresAt }) =>
        `${this.#nameOf('session', sessionId)} ${this.#ago(lastSeenAt)} ${this.#ago(expiresAt)}`,
    )
    return `${isSorted ? '' : 'not sorted: '}${lines.sort().join(', ')}`
  }

  #describe({ sessionId, user, token, data, logins, isOver }: View): string {
    const names = [this.#nameOf('session', sessionId), this.#nameOf('token', token)]
    const text = JSON.stringify(Object.entries(data).sort(([one], [other]) => (one < other ? -1 : 1)))
    return `${user} ${names.join(' ')} ${text} ${logins}${isOver ? ' over' : ''}`
  }

  #ago(moment: number): number {
    return moment - this.#now
  }

  #nameOf(kind: 'session' | 'token', value: string | null): string | null {
    if (value === null) return null
    const known = this.#names.get(value)
    if (known !== undefined) return known
    if (kind === 'session') this.#sessionIds.push(value)
    const name = `${kind}${this.#names.size}`
    this.#names.set(value, name)
    return name
  }

  #nth(index: number): string {
    return this.#sessionIds[index % Math.max(1, this.#sessionIds.length)] ?? 'none'
  }

  #pick(index: number): OpenVisit | undefined {
    return this.#visits[index % Math.max(1, this.#visits.length)]
  }

  #jar(browser: number): (string | null)[] {
    const jar = this.#jars.get(browser) ?? []
    this.#jars.set(browser, jar)
    return jar
  }
}

function codeOf(error: unknown): string {
  if (error instanceof LatchstringError) return error.code
  throw error
}

async function perform(visit: Visit, work: Work): Promise<void> {
  switch (work.kind) {
    case 'set':
      return visit.set(work.key, work.value)
    case 'append':
      return visit.append(work.key, work.value)
    case 'delete':
      return visit.delete(work.key)
    case 'increment':
      return visit.increment(work.key)
    case 'touch':
      return visit.touch()
    case 'logIn':
      return void visit.logIn(work.user, work.remember)
    case 'rotate':
      return void visit.rotate()
    case 'logOut':
      return visit.end('logged_out')
    case 'regenerate':
      return visit.end('replaced')
  }
}
