import type { SessionInfo } from 'latchstring'

/** A session as its owner may see it. */
export interface SessionView {
  readonly id: string
  readonly current: boolean
  readonly createdAt: string
  readonly lastSeenAt: string
  readonly expiresAt: string
  readonly device: string | null
  readonly address: string | null
  readonly methods: readonly string[]
}

/** This session first, then the others in the order of the library: the one seen last before the rest. */
export function sessionViews(sessions: readonly SessionInfo[], currentId: string): SessionView[] {
  const views = sessions.map((session) => sessionView(session, currentId))
  return views.toSorted((one, other) => Number(other.current) - Number(one.current))
}

function sessionView(session: SessionInfo, currentId: string): SessionView {
  return {
    id: session.id,
    current: session.id === currentId,
    createdAt: new Date(session.createdAt).toISOString(),
    lastSeenAt: new Date(session.lastSeenAt).toISOString(),
    expiresAt: new Date(session.expiresAt).toISOString(),
    device: session.device.userAgent,
    address: session.device.address,
    methods: session.authentications.map(({ method }) => method),
  }
}
