import { flushCompileCache } from 'node:module'
import { LatchstringError } from '../../src/core/errors.ts'
import type { Session } from '../../src/core/session.ts'
import { Sessions } from '../../src/core/sessions.ts'
import type { Operation } from './operations.ts'
import { SeededRandom } from './random.ts'
import { openStore } from './stores.ts'

/** A session as every node of the run knows it. The newest token is the last one that some node was given. */
export interface KnownSession {
  readonly userId: string
  readonly sessionId: string
  token: string
}

export type Report =
  | { readonly type: 'ready' }
  | { readonly type: 'session'; readonly session: KnownSession }
  | { readonly type: 'finished'; readonly history: readonly Operation[] }

const USERS = 20
const PARALLEL = 4
const SHORTEST_RENEWAL = 200

const [, , place = '', seed = '', count = '0'] = process.argv
const random = new SeededRandom(seed)
const known = new Map<string, KnownSession>()
const history: Operation[] = []
const { store, close } = await openStore(JSON.parse(place))
const renewal = { every: SHORTEST_RENEWAL, grace: SHORTEST_RENEWAL / 2 }
const sessions = new Sessions({ store, storeTimeout: '10s', renewal })

// Node writes what it compiled when a process ends by itself, which none of these does.
flushCompileCache()
process.on('message', (session: KnownSession) => {
  known.set(session.sessionId, session)
})
process.on('disconnect', () => process.exit())
process.once('message', () => void run())
report({ type: 'ready' })

async function run(): Promise<void> {
  const lanes = Array.from({ length: PARALLEL }, () => runLane(Math.ceil(Number(count) / PARALLEL)))
  await Promise.all(lanes)
  sessions.close()
  // First: a bus that hangs may never close.
  report({ type: 'finished', history })
  await close()
}

async function runLane(operations: number): Promise<void> {
  for (let done = 0; done < operations; done++) await step()
}

async function step(): Promise<void> {
  const session = random.pick([...known.values()])
  const choice = random.below(100)
  if (session === undefined || choice < 8) return logIn(`user${random.below(USERS)}`)
  if (choice < 92) return use(session, choice < 60)
  if (choice < 95) return end('log out', session, session.sessionId)
  if (choice < 98) return end('revoke', session, session.sessionId)
  return end('revokeAll', session, null)
}

async function logIn(userId: string): Promise<void> {
  const session = sessions.anonymous()
  const device = { address: null, userAgent: null }
  await record('login', { userId, sessionId: null }, async () => {
    sessions.logIn(session, { id: userId }, { method: 'password', remember: false, device })
    await sessions.commit(session)
    return { sessionId: session.id, isAccepted: true, key: null }
  })
  share(session, userId)
}

async function use(target: KnownSession, writes: boolean): Promise<void> {
  await record('use', target, async () => {
    const session = await sessions.open(target.token)
    const isAccepted = session.userId !== null && session.id === target.sessionId
    const key = writes && isAccepted ? `key${process.pid}x${history.length}y${random.below(1e9)}` : null
    if (key !== null) session.data.set(key, true)
    await sessions.commit(session)
    if (session.id === target.sessionId) share(session, target.userId)
    else if (random.below(2) === 0) known.delete(target.sessionId)
    return { sessionId: target.sessionId, isAccepted, key: session.endedElsewhere ? null : key }
  })
}

async function end(
  kind: 'log out' | 'revoke' | 'revokeAll',
  { userId, token }: KnownSession,
  sessionId: string | null,
): Promise<void> {
  await record(kind, { userId, sessionId }, async () => {
    if (kind === 'log out') return { sessionId, isAccepted: await logOut(token, sessionId), key: null }
    if (sessionId === null) await sessions.revokeAll(userId)
    else await sessions.revoke(userId, sessionId)
    return { sessionId, isAccepted: true, key: null }
  })
}

/** An old token may lead nowhere by now, and then nothing is logged out. */
async function logOut(token: string, sessionId: string | null): Promise<boolean> {
  const session = await sessions.open(token)
  if (session.id !== sessionId) return false
  await sessions.end(session, 'logged_out')
  return true
}

type Outcome = Pick<Operation, 'sessionId' | 'isAccepted' | 'key'>

async function record(
  kind: Operation['kind'],
  { userId, sessionId }: Pick<Operation, 'userId' | 'sessionId'>,
  work: () => Promise<Outcome>,
): Promise<void> {
  const sentAt = process.hrtime.bigint()
  const outcome = await work().catch((error: unknown) => failed(error, sessionId))
  history.push({ kind, userId, sentAt, answeredAt: process.hrtime.bigint(), ...outcome })
}

/** What the store refuses to answer is neither accepted nor acknowledged. */
function failed(error: unknown, sessionId: string | null): Outcome {
  if (!(error instanceof LatchstringError)) throw error
  return { sessionId, isAccepted: false, key: null }
}

function share(session: Session, userId: string): void {
  const { id: sessionId, token } = session
  if (sessionId === null || token === null) return
  if (known.get(sessionId)?.token === token) return
  known.set(sessionId, { userId, sessionId, token })
  report({ type: 'session', session: { userId, sessionId, token } })
}

function report(message: Report): void {
  process.send?.(message)
}
