import { LatchstringError } from '../../src/core/errors.ts'
import type { Session } from '../../src/core/session.ts'
import type { Node } from './node.ts'
import { STORE_TIMEOUT, skewOf, TTL, USERS } from './settings.ts'
import type { Ending, KnownSession, Moment, Source } from './truth.ts'
import type { Browser, World } from './world.ts'

/** What an operation works with. */
export interface Errand {
  readonly node: Node
  readonly browser: Browser
  readonly sentAt: Moment
}

/** How often each is chosen. */
const WEIGHTS = {
  write: 8,
  increment: 4,
  read: 5,
  login: 4,
  'two logins': 1,
  rotate: 3,
  'log out': 3,
  regenerate: 2,
  revoke: 3,
  revokeOthers: 2,
  revokeAll: 2,
  disable: 1,
  enable: 2,
  purge: 1,
  crash: 1,
  'cut the bus': 1,
}

export type OperationName = keyof typeof WEIGHTS

const isOperation = (name: string): name is OperationName => Object.hasOwn(WEIGHTS, name)
export const CHOICES: readonly OperationName[] = Object.entries(WEIGHTS).flatMap(([name, weight]) =>
  isOperation(name) ? Array.from({ length: weight }, () => name) : [],
)

/** What browsers and administrators do, and what they are promised by the answer. Each tells what came of it. */
export class Operations {
  readonly #world: World
  #keys = 0

  constructor(world: World) {
    this.#world = world
  }

  readonly byName: Readonly<Record<OperationName, (errand: Errand) => Promise<string>>> = {
    write: (errand) => this.#write(errand),
    increment: (errand) => this.#increment(errand),
    read: (errand) => this.#read(errand),
    login: (errand) => this.#logIn(errand, 1),
    'two logins': (errand) => this.#logIn(errand, 2),
    rotate: (errand) => this.#rotate(errand),
    'log out': (errand) => this.#end(errand, 'logged_out'),
    regenerate: (errand) => this.#end(errand, 'replaced'),
    revoke: (errand) => this.#revoke(errand),
    revokeOthers: (errand) => this.#revokeOthers(errand),
    revokeAll: (errand) => this.#revokeAll(errand),
    disable: (errand) => this.#disable(errand),
    enable: (errand) => this.#enable(errand),
    purge: (errand) => this.#purge(errand),
    crash: (errand) => this.#crash(errand),
    'cut the bus': (errand) => this.#cutBus(errand),
  }

  async #read(errand: Errand): Promise<string> {
    return this.#commit(errand, await this.#open(errand))
  }

  async #write(errand: Errand): Promise<string> {
    const session = await this.#open(errand)
    const before = this.#known(session)
    const key = `${session.userIdText ?? 'visitor'}:key${this.#keys++}`
    session.data.set(key, true)
    const outcome = await this.#commit(errand, session)
    const after = this.#known(session)
    if (after !== null && (before === null || before === after))
      after.keys.set(key, this.#world.scheduler.mark())
    return `${outcome} ${key}`
  }

  async #increment(errand: Errand): Promise<string> {
    const session = await this.#open(errand)
    const known = this.#known(session)
    if (known === null) return 'no session'
    const { counts } = known
    counts.tried++
    session.data.update(`${session.userIdText ?? 'visitor'}:n`, (n) => (typeof n === 'number' ? n : 0) + 1)
    const outcome = await this.#commit(errand, session)
    if (this.#known(session) === known) counts.acknowledged++
    return outcome
  }

  async #logIn(errand: Errand, times: number): Promise<string> {
    const user = this.#anyUser()
    const presented = this.#presented(errand)
    const session = await this.#open(errand)
    if (this.#world.directory.isDisabled(user)) return 'disabled'
    const verifiedAt = this.#world.moment()
    const before = this.#known(session)
    if (before !== null) before.threats++
    const threats = before?.threats
    const credentialVersion = this.#world.directory.version(user)
    const options = { method: 'password', remember: false, device: { address: null, userAgent: null } }
    for (let login = 0; login < times; login++) {
      errand.node.sessions.logIn(session, { id: user, credentialVersion }, options)
    }
    const outcome = await this.#commit(errand, session, verifiedAt)
    const after = this.#known(session)
    if (before !== null) this.#leave(before, presented)
    if (after !== null) this.#carry(before, after, before !== null && threats === 1 && before.threats === 1)
    return `${user} ${outcome}`
  }

  /** The session of the request has been replaced by another one. */
  #leave(session: KnownSession, presented: string | null): void {
    const now = this.#world.moment()
    const token = this.#world.truth.tokens.get(presented ?? '')
    if (token !== undefined) token.endedAt ??= now
    session.endedAt ??= now
  }

  /** The data goes along if the session was there to its end. */
  #carry(before: KnownSession | null, after: KnownSession, isWhole: boolean): void {
    if (before === null) return
    const isSame = before.user === after.user
    if (isWhole && (isSame || before.user === null)) {
      for (const key of before.keys.keys()) after.keys.set(key, this.#world.scheduler.mark())
    }
    if (isSame) after.counts = isWhole ? before.counts : { acknowledged: 0, tried: Number.POSITIVE_INFINITY }
  }

  async #rotate(errand: Errand): Promise<string> {
    const presented = this.#presented(errand)
    const session = await this.#open(errand)
    const { userIdText: id } = session
    const known = this.#known(session)
    if (id === null || known === null) return 'no user'
    const before = session.token
    this.#world.truth.beginRotation(known)
    const credentialVersion = this.#world.directory.version(id)
    const options = { method: null, remember: false, device: { address: null, userAgent: null } }
    errand.node.sessions.logIn(session, { id, credentialVersion }, options)
    const { resent } = this.#world.storeWeather
    const outcome = await this.#commit(errand, session)
    // Whose write was sent again is refused, takes that for the end of the session, and logs its browser out.
    if (this.#world.storeWeather.resent === resent) this.#world.truth.finishRotation(known)
    for (const name of [presented, before]) {
      const token = this.#world.truth.tokens.get(name ?? '')
      if (token !== undefined) token.endedAt ??= this.#world.moment()
    }
    return outcome
  }

  async #end(errand: Errand, reason: 'logged_out' | 'replaced'): Promise<string> {
    const { sessions } = errand.node
    const presented = this.#presented(errand) ?? ''
    const threatened = this.#world.truth.tokens.get(presented)?.session
    if (threatened !== undefined) threatened.threats++
    const session = await this.#open(errand)
    const known = this.#known(session)
    await sessions.end(session, reason)
    if (known !== null) {
      known.endedAt ??= this.#world.moment()
      this.#lookAgain(known)
      // Whatever becomes of the message to the others, this node knows.
      if (this.#world.settings.comesBack) this.#present(errand.node, presented, 'confirm')
    }
    if (reason === 'logged_out') {
      errand.browser.token = null
      return 'ended'
    }
    const next = sessions.anonymous()
    next.data.set('visitor:regenerated', true)
    return this.#commit(errand, next)
  }

  async #revoke({ node }: Errand): Promise<string> {
    const target = this.#anySession()
    const user = target?.user ?? null
    if (target === undefined || user === null) return 'nobody'
    const isMeant = ({ id }: KnownSession) => id === target.id
    return this.#endAll({ user, isMeant, isOwed: isMeant }, () => node.sessions.revoke(user, target.id))
  }

  async #revokeOthers({ node, sentAt }: Errand): Promise<string> {
    const kept = this.#anySession()
    const user = kept?.user ?? null
    if (kept === undefined || user === null) return 'nobody'
    const isMeant = ({ id }: KnownSession) => id !== kept.id
    const isOwed = (session: KnownSession) => isMeant(session) && isOlder(session, sentAt)
    return this.#endAll({ user, isMeant, isOwed }, () => node.sessions.revokeOthers(user, kept.id))
  }

  async #revokeAll({ node, sentAt }: Errand): Promise<string> {
    const user = this.#anyUser()
    const isOwed = (session: KnownSession) => isOlder(session, sentAt)
    return this.#endAll({ user, isMeant: () => true, isOwed }, () => node.sessions.revokeAll(user))
  }

  /** As accounts do it: no login that was verified before survives. */
  async #disable({ node, sentAt }: Errand): Promise<string> {
    const user = this.#anyUser()
    const isOwed = ({ verifiedAt }: KnownSession) => verifiedAt.step < sentAt.step
    return this.#endAll({ user, isMeant: () => true, isOwed }, async () => {
      await node.sessions.revokeAll(user)
      await this.#change(node, () => this.#world.directory.disable(user))
      return node.sessions.revokeAll(user)
    })
  }

  async #enable({ node }: Errand): Promise<string> {
    const user = this.#anyUser()
    await this.#change(node, () => this.#world.directory.enable(user))
    return user
  }

  /** What the store of users does is not the library's: it fails in its own words. */
  async #change(node: Node, change: () => void): Promise<void> {
    const { promise: tooLate, reject } = Promise.withResolvers<never>()
    const giveUp = () => {
      if (node.isUp) reject(new Error('too late'))
    }
    const cancel = this.#world.scheduler.after(STORE_TIMEOUT, giveUp)
    try {
      await Promise.race([this.#world.network.call(node, change), tooLate])
      cancel()
    } catch (cause) {
      throw new LatchstringError('store_unavailable', 'the users failed', { cause })
    }
  }

  /** Right when no cache may answer with it any more. */
  #lookAgain(ended: KnownSession): void {
    const { settings, scheduler, truth, nodes } = this.#world
    const token = [...truth.tokens].findLast(([, { session }]) => session === ended)?.[0]
    if (token === undefined || !settings.isCached) return
    scheduler.after(TTL, () => {
      for (const node of nodes) this.#present(node, token, 'open')
    })
  }

  #present({ sessions }: Node, token: string, source: Source): void {
    const { truth } = this.#world
    const sentAt = this.#world.moment()
    void Promise.resolve(sessions.open(token))
      .then((session) => truth.checkAnswer(token, sentAt, session, source))
      .catch((error: unknown) => {
        if (!(error instanceof LatchstringError)) truth.violated(String(error))
      })
  }

  async #endAll(
    ending: Pick<Ending, 'user' | 'isMeant' | 'isOwed'>,
    work: () => Promise<unknown>,
  ): Promise<string> {
    const begun = this.#world.truth.beginEnding(ending)
    try {
      const answer = await work()
      for (const session of this.#world.truth.finishEnding(begun, this.#world.moment(), true)) {
        this.#lookAgain(session)
      }
      return `${ending.user}: ${answer}`
    } catch (error) {
      this.#world.truth.finishEnding(begun, this.#world.moment(), false)
      throw error
    }
  }

  async #purge({ node }: Errand): Promise<string> {
    // Housekeeping may take its time: nobody waits for it.
    void node.sessions.purge().catch(() => 0)
    return 'begun'
  }

  /** Another process takes its place. */
  async #crash({ node }: Errand): Promise<string> {
    if (this.#world.settings.faultOnceIn === 0) return 'spared'
    node.crash()
    this.#world.nodes[this.#world.nodes.indexOf(node)] = this.#world.startNode(skewOf(this.#world.random))
    return 'crashed'
  }

  async #cutBus({ node: { busEnd } }: Errand): Promise<string> {
    if (this.#world.settings.faultOnceIn === 0) return 'spared'
    const noticed = this.#world.random.below(500)
    busEnd.lose()
    this.#world.scheduler.after(noticed, () => busEnd.noticeLoss())
    this.#world.scheduler.after(noticed + this.#world.random.below(500), () => busEnd.mend())
    return 'cut'
  }

  #presented({ browser }: Errand): string | null {
    return browser.token
  }

  async #open({ node, browser, sentAt }: Errand): Promise<Session> {
    const { token } = browser
    if (token === null) return node.sessions.anonymous()
    const session = await node.sessions.open(token)
    this.#world.truth.checkAnswer(token, sentAt, session, 'open')
    if (session.id !== null && node.sessions.mayBeStale(session) && this.#world.random.onceIn(2)) {
      const confirmedAt = this.#world.moment()
      await node.sessions.confirm(session)
      this.#world.truth.checkAnswer(token, confirmedAt, session, 'confirm')
    }
    return session
  }

  async #commit(
    { node, browser, sentAt }: Errand,
    session: Session,
    verifiedAt: Moment = sentAt,
  ): Promise<string> {
    const presented = browser.token
    await node.sessions.commit(session)
    this.#world.truth.learn(session, verifiedAt, this.#world.moment())
    const isLost = this.#world.weather.breaks()
    if (!isLost && session.token !== null) browser.token = session.token
    if (!isLost && session.endedElsewhere && browser.token === presented) browser.token = null
    return `${session.userIdText} ${session.id}${isLost ? ' lost' : ''}`
  }

  /** Of a session that has not ended. */
  #known(session: Session): KnownSession | null {
    return session.id === null || session.located === null
      ? null
      : (this.#world.truth.sessions.get(session.id) ?? null)
  }

  #anySession(): KnownSession | undefined {
    return this.#world.random.pick([...this.#world.truth.sessions.values()])
  }

  #anyUser(): string {
    return this.#world.random.pick(USERS) ?? 'ann'
  }
}

function isOlder({ acknowledgedAt }: KnownSession, { step }: Moment): boolean {
  return acknowledgedAt.step < step
}
