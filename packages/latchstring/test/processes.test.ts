import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Session } from '../src/core/session.ts'
import { Sessions } from '../src/core/sessions.ts'
import { type SqliteStore, sqliteStore } from '../src/stores/sqlite.ts'
import { fakeClock } from '../src/testing/clock.ts'

const ENDINGS = ['log out', 'revoke', 'revokeAll'] as const

/** What a request does between opening its session and committing it. */
const ACTIVITIES: Readonly<Record<string, (session: Session, node: Sessions) => Promise<void>>> = {
  read: async () => {},
  write: async ({ data }) => data.set('late', true),
  touch: async (session) => {
    session.touchRequested = true
  },
  rotate: async () => {},
  regenerate: (session, node) => node.end(session, 'replaced'),
}

const folder = mkdtempSync(join(tmpdir(), 'latchstring-'))
const file = join(folder, 'sessions.db')
// The other process lives in real time, so this one begins there.
const clock = fakeClock(Date.now() - 120_000)
let store: SqliteStore
let other: ChildProcess

before(async () => {
  store = sqliteStore(file)
  other = fork(new URL('./ending-process.ts', import.meta.url), [file], { execArgv: [] })
  await once(other, 'message')
})

after(async () => {
  other.disconnect()
  await once(other, 'exit')
  store.close()
  rmSync(folder, { recursive: true })
})

async function endElsewhere(order: object): Promise<void> {
  other.send(order)
  const [answer] = await once(other, 'message')
  assert.equal(answer, 'done')
}

for (const [late, act] of Object.entries(ACTIVITIES)) {
  for (const ending of ENDINGS) {
    test(`S-12, S-13: a late ${late} in one process never revives a session that another ended by ${ending}`, async () => {
      const node = new Sessions({ store, clock, renewal: { every: late === 'rotate' ? '1m' : '1d' } })
      const userId = `${late} ${ending}`
      const login = node.anonymous()
      const device = { address: null, userAgent: null }
      node.logIn(login, { id: userId }, { method: 'password', remember: false, device })
      await node.commit(login)
      const { token, id: sessionId } = login
      assert.ok(token !== null)
      clock.advance(61_000)

      const inFlight = await node.open(token)
      await endElsewhere({ ending, userId, sessionId, token })
      await act(inFlight, node)
      await node.commit(inFlight)

      for (const known of [token, inFlight.token ?? token]) {
        assert.equal((await node.open(known)).userId, null)
      }
      assert.deepEqual(await store.list(userId), [])
      node.close()
    })
  }
}

test('S-14: 50 parallel writes of two processes to one session keep all 50 keys', async () => {
  const node = new Sessions({ store, clock })
  const session = node.anonymous()
  session.data.set('begun', true)
  await node.commit(session)
  const { token } = session
  assert.ok(token !== null)
  const writer = fork(new URL('./writing-process.ts', import.meta.url), [file, token, '25'], { execArgv: [] })
  const written = once(writer, 'exit')
  await Promise.all(Array.from({ length: 25 }, (_, index) => writeKey(node, token, `here${index}`)))
  assert.deepEqual(await written, [0, null])
  assert.equal(Object.keys((await node.open(token)).data.values).length, 51)
  node.close()
})

async function writeKey(node: Sessions, token: string, key: string): Promise<void> {
  const session = await node.open(token)
  session.data.set(key, true)
  await node.commit(session)
}
