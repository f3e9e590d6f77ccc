import type { Session } from '../../src/core/session.ts'
import { RENEWAL, type Settings, stalenessOf } from './settings.ts'

/** A point in a schedule: `step` tells what came first, `at` how long ago it was. */
export interface Moment {
  readonly step: number
  readonly at: number
}

/** A session as those outside know it. */
export interface KnownSession {
  readonly id: string
  readonly user: string | null
  /** When the login was sent that made it. */
  readonly verifiedAt: Moment
  readonly acknowledgedAt: Moment
  /** Whose writing was acknowledged, and at which step. */
  readonly keys: Map<string, number>
  counts: Counts
  /** How many have begun what may end it, and how many of them have not. */
  threats: number
  spared: number
  /** How many are replacing its token. */
  rotations: number
  endedAt: Moment | null
}

/** How often its counter was increased for sure, and at most. */
interface Counts {
  acknowledged: number
  tried: number
}

export interface KnownToken {
  readonly session: KnownSession
  readonly issuedAt: Moment
  /** Somebody has begun to replace it. */
  mayBeReplaced: boolean
  endedAt: Moment | null
}

/** A cache may have answered, the end was looked for in the store, or nothing came from a cache. */
export type Source = 'open' | 'confirm' | 'store'

/** Something that ends several sessions of a user. */
export interface Ending {
  readonly user: string
  /** Which ones may end. */
  readonly isMeant: (session: KnownSession) => boolean
  /** Which ones have to. */
  readonly isOwed: (session: KnownSession) => boolean
  doneAt: Moment | null
  isAcknowledged: boolean
}

/** What was promised in a schedule, and what of it was broken. */
export class Truth {
  readonly violations: string[] = []
  readonly sessions = new Map<string, KnownSession>()
  readonly tokens = new Map<string, KnownToken>()
  readonly #settings: Settings
  readonly #endings: Ending[] = []

  constructor(settings: Settings) {
    this.#settings = settings
  }

  violated(what: string): void {
    this.violations.push(what)
  }

  /** A response has told the browser of a session. */
  learn(session: Session, verifiedAt: Moment, now: Moment): KnownSession | null {
    const { id, token, userIdText } = session
    if (id === null || token === null) return null
    const known = this.sessions.get(id) ?? this.#add(id, userIdText, verifiedAt, now)
    if (!this.tokens.has(token)) {
      const mayBeReplaced = known.rotations > 0
      this.tokens.set(token, { session: known, issuedAt: now, mayBeReplaced, endedAt: null })
    }
    return known
  }

  #add(id: string, user: string | null, verifiedAt: Moment, now: Moment): KnownSession {
    const session: KnownSession = {
      id,
      user,
      verifiedAt,
      acknowledgedAt: now,
      keys: new Map(),
      counts: { acknowledged: 0, tried: 0 },
      threats: this.#settings.limit === null ? 0 : 1,
      spared: 0,
      rotations: 0,
      endedAt: null,
    }
    this.sessions.set(id, session)
    for (const ending of this.#endings) this.#relate(session, ending)
    return session
  }

  /** The session was on its way when the ending was. */
  #relate(session: KnownSession, ending: Ending): void {
    if (session.user !== ending.user) return
    const { doneAt, isAcknowledged } = ending
    const isOverlapping = doneAt === null || doneAt.step > session.verifiedAt.step
    if (isOverlapping && ending.isMeant(session)) session.threats++
    if (isAcknowledged && ending.isOwed(session)) session.endedAt = doneAt
  }

  beginEnding(ending: Pick<Ending, 'user' | 'isMeant' | 'isOwed'>): Ending {
    const begun: Ending = { ...ending, doneAt: null, isAcknowledged: false }
    this.#endings.push(begun)
    for (const session of this.#meantBy(begun, begun.isMeant)) session.threats++
    return begun
  }

  /** Returns the sessions that have ended by it for sure. */
  finishEnding(ending: Ending, doneAt: Moment, isAcknowledged: boolean): readonly KnownSession[] {
    ending.doneAt = doneAt
    ending.isAcknowledged = isAcknowledged
    const ended = isAcknowledged ? this.#meantBy(ending, ending.isOwed) : []
    for (const session of ended) session.endedAt ??= doneAt
    return ended
  }

  #meantBy({ user }: Ending, isMeant: Ending['isMeant']): KnownSession[] {
    return [...this.sessions.values()].filter((session) => session.user === user && isMeant(session))
  }

  beginRotation(session: KnownSession): void {
    session.threats++
    session.rotations++
    for (const token of this.tokens.values()) if (token.session === session) token.mayBeReplaced = true
  }

  /** Only one that has succeeded is over for sure. */
  finishRotation(session: KnownSession): void {
    session.spared++
    session.rotations--
  }

  /** What was answered about a token that was sent at a moment. */
  checkAnswer(token: string, sentAt: Moment, session: Session, source: Source): void {
    const known = this.tokens.get(token)
    if (known === undefined) return
    if (session.id === null) this.#checkRefusal(known, sentAt)
    else this.#checkAcceptance(known, sentAt, session, source)
  }

  #checkAcceptance(known: KnownToken, sentAt: Moment, session: Session, source: Source): void {
    this.#checkIdentity(known.session, session)
    this.#checkStaleness(known, sentAt, source)
    this.#checkData(known.session, session.data.values)
    if (!this.#settings.isCached || source === 'store') this.#checkKeys(known.session, sentAt, session)
  }

  #checkRefusal({ session, issuedAt, mayBeReplaced }: KnownToken, sentAt: Moment): void {
    const mayBeRenewed = this.#settings.renews && sentAt.at - issuedAt.at >= RENEWAL.every / 2
    if (session.threats > session.spared || mayBeReplaced || mayBeRenewed) return
    this.violated(`session ${session.id} was refused, although nobody has ended it`)
  }

  #checkIdentity(known: KnownSession, { id, userIdText }: Session): void {
    if (id === known.id && userIdText === known.user) return
    this.violated(`the token of ${known.user}'s session ${known.id} answered for ${userIdText} in ${id}`)
  }

  #checkStaleness({ session, endedAt }: KnownToken, sentAt: Moment, source: Source): void {
    const end = endedAt ?? session.endedAt
    if (end === null || end.step > sentAt.step) return
    if (source === 'open' && sentAt.at < end.at + stalenessOf(this.#settings)) return
    this.violated(`session ${session.id} was accepted ${sentAt.at - end.at} ms after its acknowledged end`)
  }

  /** Visitors take their data along when they log in; users leave theirs to nobody. */
  #checkData({ id, user }: KnownSession, values: object): void {
    const owners = new Set([String(user), 'visitor'])
    const foreign = Object.keys(values).find((key) => !owners.has(key.split(':')[0] ?? ''))
    if (foreign !== undefined) this.violated(`session ${id} of ${user} holds ${foreign}`)
  }

  #checkKeys({ id, keys }: KnownSession, sentAt: Moment, { data }: Session): void {
    const lost = [...keys].find(([key, step]) => step < sentAt.step && !(key in data.values))
    if (lost !== undefined) this.violated(`session ${id} has lost ${lost[0]}`)
  }
}
