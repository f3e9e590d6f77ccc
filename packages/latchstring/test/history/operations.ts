/** One operation of a node on a session, as it was seen from outside. Times are monotonic nanoseconds. */
export interface Operation {
  readonly kind: 'login' | 'use' | 'log out' | 'revoke' | 'revokeAll'
  readonly userId: string
  /** The session it is about; `null` for all of the user's. */
  readonly sessionId: string | null
  readonly sentAt: bigint
  readonly answeredAt: bigint
  /** Whether the session was accepted, or the ending acknowledged. */
  readonly isAccepted: boolean
  /** The key that was written and acknowledged, if any. */
  readonly key: string | null
}

export interface Violation {
  readonly accepted: Operation
  readonly ended: Operation
}

/** Every operation that was sent after an end of its session had been acknowledged, and was accepted all the same. */
export function staleAcceptances(history: readonly Operation[]): Violation[] {
  const ends = earliestEnds(history)
  return history.filter(isAcceptedUse).flatMap((accepted) => {
    const ended = ends.get(accepted.sessionId ?? '')
    return ended !== undefined && ended.answeredAt < accepted.sentAt ? [{ accepted, ended }] : []
  })
}

/** The sessions that nothing tried to end, with the keys that were acknowledged to be in them. */
export function survivors(history: readonly Operation[]): Map<string, string[]> {
  const endings = history.filter(isEnding)
  const targets = new Set(endings.map(({ sessionId }) => sessionId))
  const survived = history.filter((login) => login.kind === 'login' && !isTarget(login, targets, endings))
  const keys = new Map(survived.map(({ sessionId }): [string, string[]] => [sessionId ?? '', []]))
  for (const { sessionId, key } of history) if (key !== null) keys.get(sessionId ?? '')?.push(key)
  return keys
}

/** revokeAll may be about any session whose login began before it was answered. */
function isTarget(
  login: Operation,
  targets: ReadonlySet<string | null>,
  endings: readonly Operation[],
): boolean {
  if (targets.has(login.sessionId)) return true
  return endings.some(
    ({ kind, userId, answeredAt }) =>
      kind === 'revokeAll' && userId === login.userId && answeredAt > login.sentAt,
  )
}

function isAcceptedUse({ kind, isAccepted }: Operation): boolean {
  return kind === 'use' && isAccepted
}

function isEnding({ kind }: Operation): boolean {
  return kind === 'log out' || kind === 'revoke' || kind === 'revokeAll'
}

function earliestEnds(history: readonly Operation[]): Map<string, Operation> {
  const ends = new Map<string, Operation>()
  const logins = history.filter(({ kind }) => kind === 'login')
  for (const end of history.filter((operation) => isEnding(operation) && operation.isAccepted)) {
    for (const sessionId of sessionsEndedBy(end, logins)) {
      const earlier = ends.get(sessionId)
      if (earlier === undefined || end.answeredAt < earlier.answeredAt) ends.set(sessionId, end)
    }
  }
  return ends
}

/** revokeAll is about every session that was acknowledged before it was sent. */
function sessionsEndedBy(end: Operation, logins: readonly Operation[]): string[] {
  if (end.sessionId !== null) return [end.sessionId]
  return logins
    .filter(({ userId, answeredAt }) => userId === end.userId && answeredAt < end.sentAt)
    .flatMap(({ sessionId }) => sessionId ?? [])
}
