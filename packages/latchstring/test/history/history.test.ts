import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { KINDS } from '../../../../scripts/servers/kinds.ts'
import { decodePayload } from '../../src/core/payload.ts'
import { createDatabase, describeWith } from '../servers.ts'
import { type Operation, staleAcceptances, survivors, type Violation } from './operations.ts'
import { runHistory } from './run.ts'
import { type OpenStore, openStore, type Place } from './stores.ts'

/** The long form: `OPERATIONS=100000 npm test -- Z-1`. `SEED=…` gives a run the same choices again. */
const { SEED = randomBytes(4).toString('hex'), OPERATIONS = '5000' } = process.env

const NAME = 'none of three processes accepts a session whose end was acknowledged before'

test(`Z-1 on SQLite: ${NAME}`, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'latchstring-'))
  t.after(() => rmSync(folder, { recursive: true }))
  await neverStale(t, { kind: 'sqlite', url: join(folder, 'sessions.db'), prefix: '' })
})

for (const kind of ['postgres', 'mysql'] as const) {
  describeWith(kind, `Z-1 on ${KINDS[kind].title}`, () => {
    test(NAME, async (t) => {
      const { url, drop } = await createDatabase(kind)
      t.after(drop)
      await neverStale(t, { kind, url, prefix: '' })
    })
  })
}

for (const kind of ['redis', 'redis-cluster'] as const) {
  describeWith(kind, `Z-1 on ${KINDS[kind].title}`, (url) => {
    test(NAME, (t) => neverStale(t, { kind, url, prefix: `history-${randomUUID()}:` }))
  })
}

const CACHED_NAME = 'three processes accept an ended session no longer than the cache may be stale'
/** The default of the option `ttl`. */
const TTL = 2_000

describeWith('postgres', 'Z-1 on PostgreSQL behind a cache', () => {
  test(CACHED_NAME, async (t) => {
    const { url, drop } = await createDatabase('postgres')
    t.after(drop)
    await staleForMoments(t, { kind: 'postgres', url, prefix: 'history', isCached: true })
  })
})

describeWith('redis', 'Z-1 on Redis behind a cache', (url) => {
  test(CACHED_NAME, (t) =>
    staleForMoments(t, { kind: 'redis', url, prefix: `history-${randomUUID()}:`, isCached: true }),
  )
})

async function staleForMoments(t: TestContext, place: Place): Promise<void> {
  const history = await recorded(t, place)
  const stale = staleAcceptances(history)
  const longest = Math.max(0, ...stale.map(stalenessOf))
  t.diagnostic(`${stale.length} stale acceptances, the longest ${longest.toFixed(1)} ms after the end`)
  assert.ok(longest < TTL, `seed ${SEED}`)
}

/** Milliseconds between the acknowledgement of an end and a request that was accepted all the same. */
function stalenessOf({ accepted, ended }: Violation): number {
  return Number(accepted.sentAt - ended.answeredAt) / 1e6
}

async function neverStale(t: TestContext, place: Place): Promise<void> {
  assert.deepEqual(staleAcceptances(await recorded(t, place)), [], `seed ${SEED}`)
}

/** A run whose acknowledged writes were all kept. */
async function recorded(t: TestContext, place: Place): Promise<Operation[]> {
  t.diagnostic(`seed ${SEED}`)
  const history = await runHistory(place, SEED, Number(OPERATIONS))
  t.diagnostic(summary(history))
  const opened = await openStore(place)
  await keepsAcknowledgedWrites(opened, history).finally(() => opened.close())
  return history
}

/**
 * Sessions that nothing ended hold every key that was acknowledged. A session that is gone all the same was
 * ended by the reuse of a renewed token, which the nodes of the run commit against each other.
 */
async function keepsAcknowledgedWrites({ store }: OpenStore, history: readonly Operation[]): Promise<void> {
  for (const [sessionId, keys] of survivors(history)) {
    const userId = history.find((operation) => operation.sessionId === sessionId)?.userId ?? ''
    const payloads = (await store.list(userId)).map(({ payload }) => decodePayload(payload))
    const found = payloads.filter((payload) => payload?.state.id === sessionId)
    if (found.length === 0) continue
    const text = found.map((payload) => payload?.data).join()
    for (const key of keys) assert.ok(text.includes(`"${key}"`), `${sessionId} lost ${key}, seed ${SEED}`)
  }
}

function summary(history: readonly Operation[]): string {
  const count = (kind: string) => history.filter((operation) => operation.kind === kind).length
  const kinds = ['login', 'use', 'log out', 'revoke', 'revokeAll'].map((kind) => `${kind} ${count(kind)}`)
  const accepted = history.filter(({ kind, isAccepted }) => kind === 'use' && isAccepted).length
  return `${history.length} operations: ${kinds.join(', ')}; ${accepted} uses accepted`
}
