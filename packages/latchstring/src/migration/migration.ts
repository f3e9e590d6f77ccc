import type { EmitOf } from '../core/events.ts'
import { Patience } from '../core/patience.ts'
import type { Device } from '../core/payload.ts'
import type { Sessions } from '../core/sessions.ts'
import { takeOver } from '../core/takeOver.ts'
import type { Timers } from '../core/types.ts'
import type { HttpEvent, MigrationRefusal } from '../http/events.ts'
import type { Presented } from '../http/exchange.ts'
import type { OldSession, OldSessions } from './oldSessions.ts'
import { findOldUser } from './oldUser.ts'
import type { MigrateOptions } from './options.ts'
import { PresentedSession, type Reading } from './presented.ts'

/** How far a migration is. All but `left` is counted by this process, since it began. */
export interface MigrationStats {
  /** Sessions taken over. */
  readonly moved: number
  /** In a dry run: requests that presented a session which would be taken over. */
  readonly found: number
  /** Requests whose old cookie was refused, by reason. */
  readonly refused: Readonly<Record<MigrationRefusal, number>>
  /** Sessions in the old store, also expired ones that it has not dropped; `null` if it does not count them. */
  readonly left: number | null
}

export interface MigrationSettings {
  readonly sessions: Sessions
  readonly emit: EmitOf<HttpEvent>
  readonly warn: (line: string) => void
  readonly timers: Timers
  /** The deadline of one call to the old store, in milliseconds. */
  readonly timeout: number
}

/** Takes over the sessions that requests present by cookies of an old application. */
export class Migration {
  readonly #sessions: Sessions
  readonly #emit: EmitOf<HttpEvent>
  readonly #warn: (line: string) => void
  readonly #from: OldSessions
  readonly #reading: Reading
  readonly #isDryRun: boolean
  readonly #until: number
  readonly #refused: Record<MigrationRefusal, number>
  #moved = 0
  #found = 0

  constructor(options: MigrateOptions, { sessions, emit, warn, timers, timeout }: MigrationSettings) {
    const { from, until, dryRun = false, userOf = findOldUser } = options
    const { clock } = sessions
    this.#sessions = sessions
    this.#emit = emit
    this.#warn = warn
    this.#from = from
    this.#reading = { userOf, patience: new Patience(timeout, timers), clock }
    this.#isDryRun = dryRun
    this.#until = until.getTime()
    this.#refused = { nothing: 0, unknown_user: 0, replayed: 0, ended: 0, revoked: 0 }
    if (clock() >= this.#until) warn(OVER)
  }

  /** How many have moved, were refused, and are left. Counting those may take a store a while. */
  async stats(): Promise<MigrationStats> {
    const left = await this.#from.count()
    return { moved: this.#moved, found: this.#found, refused: { ...this.#refused }, left }
  }

  /** What a request presents by an old cookie; `undefined` if it has none that counts. */
  open(cookieHeader: string, device: () => Device): Promise<Presented> | undefined {
    if (!cookieHeader.includes(this.#from.name) || this.#sessions.clock() >= this.#until) return undefined
    const old = this.#from.find(cookieHeader)
    return old === null ? undefined : this.#open(old, device())
  }

  async #open(old: OldSession, device: Device): Promise<Presented> {
    const presented = new PresentedSession(old, this.#reading, device)
    try {
      return await (this.#isDryRun ? this.#find(presented) : this.#takeOver(presented))
    } catch (error) {
      this.#emit({ type: 'migration.failed', error })
      if (this.#isDryRun) return NOTHING
      throw error
    }
  }

  async #find(presented: PresentedSession): Promise<Presented> {
    const arrival = await presented.read()
    if (arrival === null) return this.#refuse(presented, 'nothing')
    const { userId, dropped } = presented
    this.#found++
    this.#emit({ type: 'migration.found', userId, dropped })
    return NOTHING
  }

  async #takeOver(presented: PresentedSession): Promise<Presented> {
    const taken = await this.#sessions.perform((engine) => takeOver(engine, presented))
    if (taken.kind === 'refused') return this.#refuse(presented, taken.reason)
    if (taken.isFirst) this.#noteMoved(presented, taken.session.id ?? '')
    return { session: taken.session, setCookies: this.#from.expiringCookies }
  }

  #noteMoved({ userId, dropped }: PresentedSession, sessionId: string): void {
    this.#moved++
    this.#emit({ type: 'migration.moved', sessionId, userId, dropped })
  }

  async #refuse(presented: PresentedSession, given: MigrationRefusal): Promise<Presented> {
    const reason = given === 'nothing' && presented.isUserUnknown ? 'unknown_user' : given
    if (reason === 'unknown_user' && this.#refused.unknown_user === 0) this.#warn(UNKNOWN_USER)
    this.#refused[reason]++
    this.#emit({ type: 'migration.refused', reason })
    if (reason === 'nothing' || reason === 'unknown_user') return NOTHING
    // A late request of the old application may have brought it back.
    if (presented.isThere) await presented.end()
    return { session: null, setCookies: this.#from.expiringCookies }
  }
}

const NOTHING: Presented = { session: null, setCookies: [] }

const OVER =
  'latchstring: the window of migrate is over, so that cookies of the old application count for nothing: remove the option.'
const UNKNOWN_USER =
  'latchstring: an old session has a user without an id that is a text or a number, and is not taken over: tell migrate where the id is, by userOf(data). Nothing was changed; later ones are only reported to onEvent.'
