import assert from 'node:assert/strict'
import type { SessionEvent } from '../src/core/events.ts'
import type { SessionsOptions } from '../src/core/options.ts'
import type { Session } from '../src/core/session.ts'
import { Sessions } from '../src/core/sessions.ts'
import type { Row, Store, UserId } from '../src/core/types.ts'
import { memoryStore } from '../src/stores/memory.ts'
import { type FakeClock, fakeClock } from '../src/testing/clock.ts'

/** One node of the library under test, with everything it reported. */
export interface Node {
  readonly sessions: Sessions
  readonly store: Store
  readonly clock: FakeClock
  readonly events: SessionEvent[]
}

export function createNode(options: Partial<SessionsOptions> & { clock?: FakeClock } = {}): Node {
  const { store = memoryStore(), clock = fakeClock() } = options
  const events: SessionEvent[] = []
  const sessions = new Sessions({ ...options, store, clock, onEvent: (event) => void events.push(event) })
  sessions.close()
  return { sessions, store, clock, events }
}

export interface LoginChoices {
  readonly session?: Session
  readonly userId?: UserId
  readonly method?: string
  readonly remember?: boolean
  readonly credentialVersion?: string | number
}

const DEVICE = { address: '203.0.113.7', userAgent: 'test' }

/** Asks for a login without storing it. */
export function prepareLogin({ sessions }: Node, choices: LoginChoices = {}): Session {
  const { session = sessions.anonymous(), userId = 'ann', method = 'password', remember = false } = choices
  const { credentialVersion } = choices
  const user = credentialVersion === undefined ? { id: userId } : { id: userId, credentialVersion }
  sessions.logIn(session, user, { method, remember, device: DEVICE })
  return session
}

export async function logIn(node: Node, choices: LoginChoices = {}): Promise<Session> {
  const session = prepareLogin(node, choices)
  await node.sessions.commit(session)
  return session
}

export function tokenOf(session: Session): string {
  assert.ok(session.token !== null)
  return session.token
}

/** The token that logs the default user in. */
export async function logInToken(node: Node, choices: LoginChoices = {}): Promise<string> {
  return tokenOf(await logIn(node, choices))
}

export async function isAlive({ sessions }: Node, token: string): Promise<boolean> {
  return (await sessions.open(token)).userId !== null
}

/** One whole request: opens, changes, commits. */
export async function request(
  { sessions }: Node,
  token: string,
  change: (session: Session) => void = () => {},
): Promise<Session> {
  const session = await sessions.open(token)
  change(session)
  await sessions.commit(session)
  return session
}

export async function dataOf({ sessions }: Node, token: string): Promise<Record<string, unknown>> {
  return { ...(await sessions.open(token)).data.values }
}

export function typesOf(events: readonly { type: string }[]): string[] {
  return events.map(({ type }) => type)
}

/** A store whose calls a test can count, replace or hold back. */
export function spyStore(store: Store, around: Partial<Store> = {}): Store & { calls: string[] } {
  const calls: string[] = []
  const spied = <Args extends unknown[], T>(name: keyof Store, call: (...args: Args) => T) => {
    return (...args: Args) => {
      calls.push(name)
      return call(...args)
    }
  }
  return {
    calls,
    read: spied('read', around.read ?? ((key: string) => store.read(key))),
    write: spied('write', around.write ?? ((row: Row) => store.write(row))),
    remove: spied('remove', around.remove ?? ((keys: readonly string[]) => store.remove(keys))),
    list: spied('list', around.list ?? ((userId: string) => store.list(userId))),
    purge: spied('purge', around.purge ?? ((now: number) => store.purge(now))),
  }
}

/** What `assert.throws` and `assert.rejects` compare a LatchstringError with. */
export function errorWith(
  code: string,
  message: RegExp = /./,
): { name: string; code: string; message: RegExp } {
  return { name: 'LatchstringError', code, message }
}
