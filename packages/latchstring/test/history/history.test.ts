import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { KINDS } from '../../../../scripts/servers/kinds.ts'
import { decodePayload } from '../../src/core/payload.ts'
import { createDatabase, describeWith } from '../servers.ts'
import { type Operation, staleAcceptances, survivors } from './operations.ts'
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

async function neverStale(t: TestContext, place: Place): Promise<void> {
  t.diagnostic(`seed ${SEED}`)
  const history = await runHistory(place, SEED, Number(OPERATIONS))
  t.diagnostic(summary(history))
  assert.deepEqual(staleAcceptances(history), [], `seed ${SEED}`)
  const opened = await openStore(place)
  await keepsAcknowledgedWrites(opened, history).finally(() => opened.close())
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
