import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import session, { type Store as ExpressStore } from 'express-session'
import type { Store } from 'latchstring/express'
import type { OldStore } from 'latchstring/migrate'
import { memoryStore } from 'latchstring/stores/memory'
import { answerOf } from '../../src/stores/_expressCall.ts'
import { fakeClock } from '../../src/testing/clock.ts'
import { json, setCookiesOf, times } from '../http/client.ts'
import {
  AFTER_GRACE,
  browserAt,
  type MovedSiteOptions,
  oldBrowser,
  rowOf,
  sidOf,
  startMoved,
  storeRow,
} from './support.ts'

const HOUR = 3_600_000
const ANN = { passport: { user: 'ann' }, cart: ['tea'] }

/** Where a process dies: nothing that it asks of a store is done from then on, nor any answer heard. */
interface Death {
  readonly call: number
  readonly when: 'before' | 'after'
}

/** What a process asks of both stores, until it dies. */
class Life {
  readonly #death: Death
  readonly calls: string[] = []

  constructor(death: Death) {
    this.#death = death
  }

  async ask<T>(name: string, call: () => Promise<T>): Promise<T> {
    const { call: last, when } = this.#death
    const number = this.calls.push(name) - 1
    if (number > last || (number === last && when === 'before')) throw new Error('the process is dead')
    const answer = await call()
    if (number === last) throw new Error('the process is dead')
    return answer
  }
}

function mortalOldStore(life: Life, store: ExpressStore): OldStore {
  return {
    get: (sid: string) => life.ask('get', () => answerOf(store.get, 1, (done) => store.get(sid, done))),
    destroy: (sid: string) =>
      life.ask('destroy', () => answerOf(store.destroy, 1, (done) => store.destroy(sid, done))),
  }
}

function mortalStore(life: Life, store: Store): Store {
  return {
    read: (key) => life.ask('read', async () => store.read(key)),
    write: (row) => life.ask('write', () => store.write(row)),
    remove: (keys) => life.ask('remove', () => store.remove(keys)),
    list: (userId) => life.ask('list', () => store.list(userId)),
    purge: (now) => life.ask('purge', () => store.purge(now)),
  }
}

/** The first request of an old cookie in a process that dies, and what is left for another process. */
async function dieAt(t: TestContext, death: Death) {
  const clock = fakeClock(Date.now())
  const oldStore = new session.MemoryStore()
  const store = memoryStore()
  const before = await oldBrowser(t, oldStore, ANN)
  const life = new Life(death)
  const dying = await startMoved(t, oldStore, {
    clock,
    store: mortalStore(life, store),
    from: { store: mortalOldStore(life, oldStore) },
  })
  const { status } = await browserAt(dying.origin, before).get('/protected')
  const site = await startMoved(t, oldStore, { clock, store })
  return { clock, oldStore, sid: sidOf(before), before, site, calls: life.calls, status }
}

const NEVER: Death = { call: Number.POSITIVE_INFINITY, when: 'before' }
/** The calls of a move, in order: a test below compares them. */
const CALLS = ['get', 'read', 'write', 'write', 'read', 'write', 'destroy', 'write']
/** The one after which the new session is the one that counts. */
const SETTLING = 5
const LAST = CALLS.length - 1

function isSettledBy({ call, when }: Death): boolean {
  return call > SETTLING || (call === SETTLING && when === 'after')
}

const DEATHS = CALLS.flatMap((_, call): Death[] => [
  { call, when: 'before' },
  { call, when: 'after' },
])

test('a move asks the stores eight times', async (t) => {
  const { calls, status } = await dieAt(t, NEVER)
  assert.deepEqual([status, calls], [200, CALLS])
})

suite('a process that dies while it moves a session', () => {
  for (const death of DEATHS) {
    const moment = `${death.when} call ${death.call + 1} (${CALLS[death.call]})`

    test(`${moment} loses no login and leaves one session`, async (t) => {
      const { clock, oldStore, sid, before, site, status } = await dieAt(t, death)
      assert.equal(status, 503)
      // Of the last call only the answer can be lost: from then on, the browser has half a minute to come back.
      const isLate = death.call < LAST || death.when === 'before'
      if (isLate) clock.advance(HOUR)
      const replies = await times(3, () => browserAt(site.origin, before).get('/session'))
      assert.deepEqual(
        replies.map(({ body }) => body),
        Array(3).fill('{"userId":"ann","data":{"cart":["tea"]}}'),
      )
      assert.equal((await site.auth.sessions.list('ann')).length, 1)
      assert.equal(await rowOf(oldStore, sid), null)
      clock.advance(AFTER_GRACE)
      assert.equal((await browserAt(site.origin, before).get('/protected')).status, 401)
    })

    test(`${moment} brings no session back that the old application then logs out`, async (t) => {
      const { oldStore, sid, before, site } = await dieAt(t, death)
      await answerOf(oldStore.destroy, 1, (done) => oldStore.destroy(sid, done))
      const { status } = await browserAt(site.origin, before).get('/protected')
      assert.equal(status, isSettledBy(death) ? 200 : 401)
    })

    test(`${moment} loses nothing that the old application stores then`, async (t) => {
      const { oldStore, sid, before, site } = await dieAt(t, death)
      const row = await rowOf(oldStore, sid)
      if (row !== null) await storeRow(oldStore, sid, row, { cart: ['tea', 'milk'] })
      const reply = await browserAt(site.origin, before).get('/session')
      const cart = isSettledBy(death) ? ['tea'] : ['tea', 'milk']
      assert.deepEqual(json(reply), { userId: 'ann', data: { cart } })
    })

    test(`${moment} leaves nothing that outlives a log-out everywhere`, async (t) => {
      const { before, site } = await dieAt(t, death)
      await site.auth.sessions.revokeAll('ann')
      assert.equal((await browserAt(site.origin, before).get('/protected')).status, 401)
      assert.deepEqual(await site.auth.sessions.list('ann'), [])
    })
  }
})

test('a session that another user takes up in the old application after a crash is not mistaken for theirs', async (t) => {
  const { oldStore, sid, before, site } = await dieAt(t, { call: SETTLING, when: 'before' })
  await storeRow(oldStore, sid, await rowOf(oldStore, sid), { passport: { user: 'bob' } })
  assert.equal((await browserAt(site.origin, before).get('/protected')).status, 401)
  for (const user of ['ann', 'bob']) assert.deepEqual(await site.auth.sessions.list(user), [])
})

suite('while a store does not answer, an old cookie is unknown, which is not anonymous:', () => {
  const failures: [string, Partial<OldStore>][] = [
    ['the old store fails', { get: () => Promise.reject(new Error('down')) }],
    [
      'the old store throws',
      {
        get: () => {
          throw new Error('down')
        },
      },
    ],
    ['the old store is silent', { get: () => undefined }],
    ['the old store cannot end a session', { destroy: (_, done) => done(new Error('read-only')) }],
    ['the old store is silent when it ends a session', { destroy: () => undefined }],
  ]
  for (const [name, methods] of failures) {
    test(`${name}: 503, no cookie is touched, and all is well afterwards`, async (t) => {
      const oldStore = new session.MemoryStore()
      const before = await oldBrowser(t, oldStore, ANN)
      const store = memoryStore()
      const clock = fakeClock(Date.now())
      const get: OldStore['get'] = (sid, done) => oldStore.get(sid, done)
      const destroy: OldStore['destroy'] = (sid, done) => oldStore.destroy(sid, done)
      const options: MovedSiteOptions = { clock, store, storeTimeout: 50 }
      const broken = await startMoved(t, oldStore, {
        ...options,
        from: { store: { get, destroy, ...methods } },
      })
      for (const path of ['/protected', '/session']) {
        const reply = await browserAt(broken.origin, before).get(path)
        assert.deepEqual([reply.status, setCookiesOf(reply)], [503, []], path)
      }
      const publicPage = await browserAt(broken.origin, before).get('/public')
      assert.deepEqual([publicPage.status, setCookiesOf(publicPage)], [200, []])
      assert.ok(broken.events.some(({ type }) => type === 'migration.failed'))

      clock.advance(HOUR)
      const site = await startMoved(t, oldStore, options)
      assert.equal((await browserAt(site.origin, before).get('/protected')).status, 200)
      assert.equal((await site.auth.sessions.list('ann')).length, 1)
    })
  }

  test('a store of files that has no such file has no such session', async (t) => {
    const missing = Object.assign(new Error('no such file'), { code: 'ENOENT', syscall: 'open' })
    const get: OldStore['get'] = (_, done) => done(missing)
    const oldStore = new session.MemoryStore()
    const before = await oldBrowser(t, oldStore, ANN)
    const site = await startMoved(t, oldStore, { from: { store: { get, destroy: () => undefined } } })
    assert.equal((await browserAt(site.origin, before).get('/protected')).status, 401)
  })
})
