import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CONTESTANTS } from './contestants.ts'
import { Measurements } from './measurements.ts'
import type { Measurement } from './race.ts'
import { type Verdict, verdictsOf } from './targets.ts'

/** Every contestant costs 30 µs over bare Express, but for those that are named. */
function verdictsWith(changes: Readonly<Record<string, Partial<Measurement>>>, trips = 1): Verdict[] {
  const all = CONTESTANTS.flatMap(({ id, kind }) =>
    [32, 4, 1].map((connections) => ({
      id,
      round: 1,
      connections,
      cpu: kind === 'bare' ? 20 : 50,
      requestsPerSecond: 1_000,
      p50: 1,
      p99: 1,
      trips: 1,
      writes: 0,
      setCookieBytes: 0,
      ...changes[id],
    })),
  )
  const logins = new Map(CONTESTANTS.map(({ id }) => [id, { trips, hashes: 1 }]))
  return verdictsOf(new Measurements(CONTESTANTS, all), logins)
}

function verdictOn(title: string, verdicts: readonly Verdict[]): Verdict {
  const verdict = verdicts.find((one) => one.title === title)
  assert.ok(verdict, title)
  return verdict
}

test('a target is reached at its bound, and missed above it', () => {
  const title = 'Latchstring, memory / express-session, MemoryStore'
  const reached = verdictOn(title, verdictsWith({ latchstringMemory: { cpu: 26 } }))
  assert.deepEqual([reached.value, reached.isReached], [0.2, true])
  const missed = verdictOn(title, verdictsWith({ latchstringMemory: { cpu: 27 } }))
  assert.equal(missed.isReached, false)
})

test('one contestant that writes, sets a cookie or asks too often at a login misses for all', () => {
  const setsCookie = verdictsWith({ latchstringMysql: { setCookieBytes: 1 } })
  const bytes = 'Latchstring on every store: bytes of Set-Cookie for each request'
  assert.equal(verdictOn(bytes, setsCookie).isReached, false)
  const writes = 'Latchstring on every store: writes for each request'
  assert.equal(verdictOn(writes, setsCookie).isReached, true)
  const writing = verdictsWith({ latchstringSqlite: { writes: 0.0001 } })
  assert.equal(verdictOn(writes, writing).isReached, false)
  const logins = 'Latchstring on every store: round trips of a login without its password check'
  assert.equal(verdictOn(logins, verdictsWith({}, 3)).isReached, true)
  assert.equal(verdictOn(logins, verdictsWith({}, 3.1)).isReached, false)
})

test('exactly one query is missed by less as by more', () => {
  const title = 'Latchstring, PostgreSQL: queries for each request, 1 connection'
  const withTrips = (trips: number) => verdictOn(title, verdictsWith({ latchstringPostgres: { trips } }))
  assert.deepEqual(
    [0, 1, 2].map((trips) => withTrips(trips).isReached),
    [false, true, false],
  )
})

test('what did not run has no verdict', () => {
  const verdicts = verdictsOf(new Measurements([], []), new Map())
  assert.deepEqual(verdicts, [])
})

test('every contestant that a target names is there', () => {
  assert.equal(verdictsWith({}).length, 34)
})
