import { staleAcceptances } from '../history/operations.ts'
import type { Step } from './load.ts'

/** What the store holds when all is over. */
export interface Audit {
  /** The ids of the sessions that are accepted. */
  readonly alive: ReadonlySet<string>
  /** The ids of those that are in the lists of their users. */
  readonly listed: ReadonlySet<string>
}

/** What asynchronous replication may have lost: what a master answered last, about what it held. */
export interface Loss {
  /** Monotonic nanoseconds, as in the history. */
  readonly from: bigint
  readonly until: bigint
  /** The sessions whose rows the master held, and those whose users' lists it held. */
  readonly rows: ReadonlySet<string>
  readonly lists: ReadonlySet<string>
}

export interface Findings {
  readonly logins: number
  readonly ends: number
  /** Acknowledged, never ended, and gone. */
  readonly lostLogins: readonly Step[]
  /** Acknowledged, and the session was accepted afterwards. */
  readonly undoneEnds: readonly Step[]
  /** How often such a session was accepted. */
  readonly falseAcceptances: number
  /** Logins whose session is accepted and in no list. */
  readonly unlisted: readonly Step[]
}

export interface Verdict extends Findings {
  /** What the loss does not explain: there must be none. */
  readonly unexplained: readonly Step[]
}

export function judge(history: readonly Step[], audit: Audit, loss: Loss): Verdict {
  const findings = findingsIn(history, audit)
  return { ...findings, unexplained: unexplainedIn(findings, history, loss) }
}

function findingsIn(history: readonly Step[], { alive, listed }: Audit): Findings {
  const logins = history.filter(({ kind, isAccepted }) => kind === 'login' && isAccepted)
  const ends = history.filter(({ kind, isAccepted }) => kind === 'log out' && isAccepted)
  const triedToEnd = idsOf(history.filter(isTriedEnd))
  const acceptedAt = lastAcceptances(history)
  return {
    logins: logins.length,
    ends: ends.length,
    lostLogins: logins.filter(({ sessionId }) => !triedToEnd.has(sessionId) && !isIn(alive, sessionId)),
    undoneEnds: ends.filter(
      ({ sessionId, answeredAt }) => isIn(alive, sessionId) || (acceptedAt.get(sessionId) ?? 0n) > answeredAt,
    ),
    falseAcceptances: staleAcceptances(history).length,
    unlisted: logins.filter(({ sessionId }) => isIn(alive, sessionId) && !isIn(listed, sessionId)),
  }
}

function unexplainedIn(
  { lostLogins, undoneEnds, unlisted }: Findings,
  history: readonly Step[],
  { from, until, rows, lists }: Loss,
): Step[] {
  const unsafe = history.filter(({ sentAt, answeredAt }) => answeredAt >= from && sentAt <= until)
  const unsafeRows = new Set(unsafe.filter(({ sessionId }) => isIn(rows, sessionId)))
  const unsafeEntries = new Set(unsafe.filter(({ sessionId }) => isIn(lists, sessionId)))
  // A log-out takes the session out of its list too. On another master, that is not undone with the rest of it.
  const halfUndone = idsOf([...unsafeRows].filter(isTriedEnd))
  return [
    ...[...lostLogins, ...undoneEnds].filter((step) => !unsafeRows.has(step)),
    ...unlisted.filter((login) => !unsafeEntries.has(login) && !halfUndone.has(login.sessionId)),
  ]
}

function idsOf(steps: readonly Step[]): Set<string | null> {
  return new Set(steps.map(({ sessionId }) => sessionId))
}

function isIn(ids: ReadonlySet<string>, id: string | null): boolean {
  return id !== null && ids.has(id)
}

/** One that was refused may have happened. */
function isTriedEnd({ kind, isAccepted, isRefused }: Step): boolean {
  return kind === 'log out' && (isAccepted || isRefused)
}

/** When the last operation of each session that was accepted had been sent. */
function lastAcceptances(history: readonly Step[]): Map<string | null, bigint> {
  const last = new Map<string | null, bigint>()
  for (const { kind, sessionId, isAccepted, sentAt } of history) {
    if (kind !== 'login' && isAccepted && sentAt > (last.get(sessionId) ?? 0n)) last.set(sessionId, sentAt)
  }
  return last
}

/** In milliseconds. */
export interface Interruption {
  /** How many operations the store refused. */
  readonly refused: number
  /** From the death of the master until the last of them was answered. */
  readonly until: number
  /** The longest time in which not one operation succeeded. */
  readonly silence: number
}

export function interruptionOf(history: readonly Step[], killedAt: bigint): Interruption {
  const after = history.filter(({ answeredAt }) => answeredAt > killedAt)
  const refused = after.filter(({ isRefused }) => isRefused)
  const successes = after.filter(({ isRefused }) => !isRefused).map(({ answeredAt }) => answeredAt)
  const moments = [killedAt, ...successes].sort(ascending)
  const gaps = moments.map((moment, index) => millisecondsBetween(moments[index - 1] ?? moment, moment))
  const ends = refused.map(({ answeredAt }) => millisecondsBetween(killedAt, answeredAt))
  return { refused: refused.length, until: Math.max(0, ...ends), silence: Math.max(0, ...gaps) }
}

function ascending(left: bigint, right: bigint): number {
  return left < right ? -1 : 1
}

function millisecondsBetween(from: bigint, to: bigint): number {
  return Math.round(Number(to - from) / 1e6)
}
