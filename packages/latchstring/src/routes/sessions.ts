import type { Visitor } from '../auth/accounts.ts'
import { deviceName } from '../auth/deviceName.ts'
import { note } from '../auth/note.ts'
import { shownAddress } from '../auth/shownAddress.ts'
import type { Language } from '../auth/types.ts'
import type { SessionInfo } from '../core/list.ts'
import type { UserId } from '../core/types.ts'
import type { SessionView } from '../pages/views/sessions.ts'
import { forRecentUsers, forUsers } from './guards.ts'
import { withFields } from './input.ts'
import { done, page, type Reply, refusal } from './reply.ts'
import type { RoutedRequest, Routes } from './router.ts'
import type { RouteContext } from './types.ts'
import { isoTime } from './views.ts'

const PATH = '/account/sessions'
const LONGEST_NAME = 64
const LOGGED_OUT = { location: '/login', notice: 'loggedOut' } as const

export const sessionRoutes: Routes = {
  [PATH]: { GET: forUsers(PATH, listSessions) },
  [`${PATH}/revoke-others`]: { POST: forRecentUsers(PATH, revokeOthers) },
  [`${PATH}/revoke-all`]: { POST: forRecentUsers(PATH, revokeAll) },
  [`${PATH}/:id/revoke`]: { POST: forUsers(PATH, revokeOne) },
  [`${PATH}/:id/name`]: {
    POST: forUsers(
      PATH,
      withFields((fields) => fields.text('name').trim(), nameDevice),
    ),
  },
}

async function listSessions({ accounts }: RouteContext, { visitor }: RoutedRequest): Promise<Reply> {
  const { userId, sessionId } = own(visitor)
  const sessions = currentFirst(await accounts.sessions.list(userId), sessionId)
  const body = { sessions: sessions.map((session) => sessionJson(session, sessionId)) }
  return page(
    (pages, shown) =>
      pages.sessions(shown, {
        sessions: sessions.map((session) => sessionView(session, sessionId, shown.language)),
      }),
    { body },
  )
}

function currentFirst(sessions: readonly SessionInfo[], currentId: string): SessionInfo[] {
  const isCurrent = ({ id }: SessionInfo) => id === currentId
  return [...sessions.filter(isCurrent), ...sessions.filter((session) => !isCurrent(session))]
}

async function revokeOthers({ accounts }: RouteContext, { visitor }: RoutedRequest): Promise<Reply> {
  const { userId, sessionId } = own(visitor)
  const revoked = await accounts.sessions.revokeOthers(userId, sessionId)
  note(accounts, visitor, userId, 'sessions_revoked')
  return done({ revoked }, { location: PATH, notice: 'othersRevoked' })
}

async function revokeAll({ accounts }: RouteContext, { visitor }: RoutedRequest): Promise<Reply> {
  const { userId, sessionId } = own(visitor)
  await logOut(visitor)
  await accounts.sessions.revokeAll(userId)
  note(accounts, visitor, userId, 'sessions_revoked', sessionId)
  return done({ message: 'Logged out everywhere' }, LOGGED_OUT)
}

async function revokeOne({ accounts }: RouteContext, { visitor, id }: RoutedRequest): Promise<Reply> {
  const { userId, sessionId } = own(visitor)
  const isOwn = id === sessionId
  if (isOwn) await logOut(visitor)
  // Somebody else's session is not found here either: the answer does not tell whose it is.
  else if (!(await accounts.sessions.revoke(userId, id))) return refusal('not_found')
  note(accounts, visitor, userId, 'session_revoked', sessionId)
  const next = isOwn ? LOGGED_OUT : ({ location: PATH, notice: 'sessionRevoked' } as const)
  return done({ message: 'Session revoked' }, next)
}

async function logOut({ exchange }: Visitor): Promise<void> {
  exchange.end('logged_out')
  await exchange.saveSoon()
}

async function nameDevice({ accounts }: RouteContext, request: RoutedRequest, name: string): Promise<Reply> {
  if (!isName(name)) return refusal('invalid_name')
  const { userId } = own(request.visitor)
  const isThere = await accounts.sessions.renameDevice(userId, request.id, name === '' ? null : name)
  if (!isThere) return refusal('not_found')
  return done({ message: 'Device named' }, { location: PATH, notice: 'deviceRenamed' })
}

function isName(name: string): boolean {
  return name.length <= LONGEST_NAME && name.isWellFormed() && !/\p{Cc}/u.test(name)
}

/** Whose session this is, behind the guard. */
function own({ exchange }: Visitor): { userId: UserId; sessionId: string } {
  const { userId, id } = exchange.session
  if (userId === null || id === null) throw new Error('the guard let a request without a session pass')
  return { userId, sessionId: id }
}

/** As programs see it. */
function sessionJson(session: SessionInfo, currentId: string): object {
  const { id, createdAt, lastSeenAt, expiresAt, device, authentications } = session
  return {
    id,
    current: id === currentId,
    createdAt: isoTime(createdAt),
    lastSeenAt: isoTime(lastSeenAt),
    expiresAt: isoTime(expiresAt),
    device: device.name ?? deviceName(device.userAgent),
    address: shownAddress(device.address),
    methods: authentications.map(({ method }) => method),
  }
}

function sessionView(session: SessionInfo, currentId: string, language: Language): SessionView {
  const { id, createdAt, lastSeenAt, expiresAt, device, authentications } = session
  return {
    id,
    isCurrent: id === currentId,
    name: device.name ?? null,
    device: deviceName(device.userAgent, language),
    address: shownAddress(device.address),
    createdAt,
    lastSeenAt,
    expiresAt,
    methods: authentications.map(({ method }) => method),
  }
}
