/**
 * Very many sessions, too many for every run:
 * `npm test -- packages/latchstring/test/million/million.nightly.ts`
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { KINDS } from '../../../../scripts/servers/kinds.ts'
import { provideServers } from '../../../../scripts/servers.ts'
import { describeWith } from '../servers.ts'
import { areAsLarge, areFound, arePurged, growSlowly } from './checks.ts'
import { type FilledPostgres, fillPostgres } from './postgres.ts'
import {
  areStoredAlike,
  BY_KEY,
  BY_USER,
  bytesInPostgres,
  isLarge,
  takeOneIndexedRead,
} from './postgresChecks.ts'
import { type FilledRedis, fillRedis } from './redis.ts'
import { bytesInRedis, LIST, READ, takeCommands } from './redisChecks.ts'

/** `SESSIONS=20000` is a short form; `SEED=…` gives a run the same sessions and choices again. */
const { SEED = randomBytes(4).toString('hex'), SESSIONS = '1000000' } = process.env
assert.equal(Number(SESSIONS) % 400, 0, 'SESSIONS has to be a multiple of 400')

const SIZES = [100, 10, 1].map((part) => Number(SESSIONS) / part)

/** Runs a check on the smallest, then the next, then the largest. */
async function eachOf<T>(stores: readonly T[], check: (store: T) => Promise<void>): Promise<void> {
  for (const store of stores) await check(store)
}

describeWith('postgres', `${SESSIONS} sessions on PostgreSQL`, () => {
  const stores: FilledPostgres[] = []
  before(async () => {
    for (const size of SIZES) stores.push(await fillPostgres(SEED, size))
  })
  after(() => eachOf(stores, ({ close }) => close()))

  test('are found one by one and by user', async (t) => {
    t.diagnostic(`seed ${SEED}`)
    await eachOf(stores, areFound)
  })

  test("take no longer to look up than the index's logarithm permits", (t) => growSlowly(t, stores))

  test('are read by one statement through the index of the keys', (t) =>
    eachOf(stores.filter(isLarge), (filled) => takeOneIndexedRead(t, filled, BY_KEY)))

  test('are listed by one statement through the index of the users', (t) =>
    eachOf(stores.filter(isLarge), (filled) => takeOneIndexedRead(t, filled, BY_USER)))

  test('take no more bytes each than fewer do', (t) => areAsLarge(t, stores, bytesInPostgres))

  test('lie there as the store itself writes them', () => eachOf(stores, areStoredAlike))

  test('are purged in bounded batches', (t) => eachOf(stores, (filled) => arePurged(t, filled)))
})

describeWith('redis', `${SESSIONS} sessions on Redis`, () => {
  const stores: FilledRedis[] = []
  let stopServer = async () => {}
  before(async () => {
    // Its memory and its commands are counted: nobody else may use it.
    const { environment, stop } = await provideServers(['redis'], {})
    stopServer = stop
    const url = environment[KINDS.redis.variable]
    assert.ok(url, 'redis-server is not installed')
    for (const [database, size] of SIZES.entries()) stores.push(await fillRedis(url, database, SEED, size))
  })
  after(async () => {
    await eachOf(stores, ({ close }) => close())
    await stopServer()
  })

  test('are found one by one and by user', async (t) => {
    t.diagnostic(`seed ${SEED}`)
    await eachOf(stores, areFound)
  })

  test("take no longer to look up than an index's logarithm permits", (t) => growSlowly(t, stores))

  test('are read by one command', () => eachOf(stores, (filled) => takeCommands(filled, READ)))

  test('are listed by one read of the index and one of each session', () =>
    eachOf(stores, (filled) => takeCommands(filled, LIST)))

  test('take no more bytes each than fewer do', (t) => areAsLarge(t, stores, bytesInRedis))

  test('are purged in bounded batches', (t) => eachOf(stores, (filled) => arePurged(t, filled)))
})
