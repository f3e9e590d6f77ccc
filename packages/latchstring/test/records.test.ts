import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, type TestContext, test } from 'node:test'
import { KINDS } from '../../../scripts/servers/kinds.ts'
import { Counters } from '../src/auth/counters.ts'
import { OneTimeTokens } from '../src/auth/oneTimeTokens.ts'
import { PendingLogins } from '../src/auth/pendingLogins.ts'
import type { Records } from '../src/auth/records.ts'
import { type Bucket, Throttle } from '../src/auth/throttle.ts'
import { type OpenStore, openStore, type Place } from './history/stores.ts'
import { createRecords } from './records-support.ts'
import { bucketsOf, type Order, type Race } from './records-worker.ts'
import { createDatabase, describeWith } from './servers.ts'

/** So that all processes have read an order, and opened its store, before its race begins. */
const HEADSTART = 30

const LOGIN = {
  userId: 'ann',
  credentialVersion: 1,
  method: 'password',
  remember: false,
  device: { address: null, userAgent: null },
}

let workers: readonly ChildProcess[] = []

before(async () => {
  const file = new URL('./records-worker.ts', import.meta.url)
  workers = Array.from({ length: 3 }, () => fork(file, { execArgv: [] }))
  await Promise.all(workers.map((worker) => once(worker, 'message')))
})

after(async () => {
  const exits = workers.map((worker) => once(worker, 'exit'))
  for (const worker of workers) worker.disconnect()
  await Promise.all(exits)
})

/** Lets three processes race, and tells how many succeeded in all of them. */
async function race(t: TestContext, order: Omit<Order, 'at'>): Promise<number> {
  const answers = workers.map(async (worker) => (await once(worker, 'message'))[0])
  for (const worker of workers) worker.send({ ...order, at: Date.now() + HEADSTART })
  const successes = await Promise.all(answers)
  t.diagnostic(`${order.race}: ${successes.join()}`)
  return successes.reduce((total, number) => total + number, 0)
}

interface MadePlace {
  readonly place: Place
  remove(): Promise<void>
}

function testRaces(make: () => Promise<MadePlace>): void {
  let made: MadePlace
  let open: OpenStore
  let records: Records

  before(async () => {
    made = await make()
    open = await openStore(made.place)
    records = createRecords({ store: open.store, clock: Date.now, timeout: 10_000 })
  })
  after(async () => {
    await open.close()
    await made.remove()
  })

  const parallel = (t: TestContext, name: Race, subject: string, lanes: number) =>
    race(t, { place: made.place, race: name, subject, lanes, rounds: 1 })

  test('T61: of 100 redeems of one token exactly one succeeds (E-02, F-09, Z-9)', async (t) => {
    const tokens = new OneTimeTokens(records)
    for (let round = 0; round < 5; round++) {
      const userId = `ann ${round}`
      const token = await tokens.issue({ purpose: 'password_reset', userId, credentialVersion: 1 })
      assert.equal(await parallel(t, 'redeem', token, 34), 1)
    }
  })

  test('T73: of 150 guesses at one pending login five are looked at, and it ends once (R-10, S-11)', async (t) => {
    const token = await new PendingLogins(records).open(LOGIN)
    assert.equal(await parallel(t, 'guess', token, 50), 5)
    assert.equal(await parallel(t, 'consume', token, 50), 1)
  })

  test('T10: of 150 failures in a row ten cost no time (R-05, F-09)', async (t) => {
    assert.equal(await parallel(t, 'back off', randomUUID(), 50), 10)
  })

  for (const [lanes, rounds] of [
    [50, 1],
    [5, 10],
  ] as const) {
    for (const [where, name] of [
      ['two rows', 'throttle'],
      ['one row', 'throttle in one row'],
    ] as const) {
      test(`T10: three times ${lanes} tries at once, ${rounds} times, are counted exactly in ${where}, and those refused take nothing (R-05, F-09)`, async (t) => {
        const subject = randomUUID()
        const [narrow, wide] = bucketsOf(subject)
        const admitted = await race(t, { place: made.place, race: name, subject, lanes, rounds })
        assert.equal(admitted, narrow.max)
        assert.equal(await room(records, wide), wide.max - narrow.max)
      })
    }
  }
}

/** How many tries a bucket still admits. */
async function room(records: Records, bucket: Bucket): Promise<number> {
  const throttle = new Throttle(new Counters({ records, emit: () => assert.fail() }))
  for (let count = 0; ; count++) if ((await throttle.take([bucket])).kind === 'throttled') return count
}

suite('records in three processes on SQLite', () => {
  testRaces(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'latchstring-'))
    return {
      place: { kind: 'sqlite', url: join(folder, 'sessions.db'), prefix: '' },
      remove: async () => rmSync(folder, { recursive: true }),
    }
  })
})

for (const kind of ['postgres', 'mysql'] as const) {
  describeWith(kind, `records in three processes on ${KINDS[kind].title}`, () => {
    testRaces(async () => {
      const { url, drop } = await createDatabase(kind)
      return { place: { kind, url, prefix: '' }, remove: drop }
    })
  })
}

for (const kind of ['redis', 'redis-cluster'] as const) {
  describeWith(kind, `records in three processes on ${KINDS[kind].title}`, (url) => {
    testRaces(async () => ({
      place: { kind, url, prefix: `records-${randomUUID()}:` },
      remove: async () => {},
    }))
  })
}
