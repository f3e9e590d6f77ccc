import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { decodePayload } from '../../src/core/payload.ts'
import type { FaultyNetworks, Weather } from '../faults/proxy.ts'
import { type Operation, staleAcceptances, survivors, type Violation } from './operations.ts'
import { runHistory } from './run.ts'
import {
  describeCachedPlace,
  describeCachedPlaces,
  describePlaces,
  type MadePlace,
  withFragileBus,
} from './servers.ts'
import { type OpenStore, openStore, type Place } from './stores.ts'

/** The long form: `OPERATIONS=100000 npm test -- Z-1`. `SEED=…` gives a run the same choices again. */
const { SEED = randomBytes(4).toString('hex'), OPERATIONS = '5000' } = process.env

describePlaces(
  (title) => `Z-1 on ${title}`,
  (make) => {
    test('none of three processes accepts a session whose end was acknowledged before (Z-1)', async (t) => {
      const place = await placeFor(t, make)
      assert.deepEqual(staleAcceptances(await recorded(t, place)), [], `seed ${SEED}`)
    })
  },
)

/** The default of the option `ttl`. */
const TTL = 2_000

describeCachedPlaces(
  TTL,
  (title) => `Z-1 on ${title}`,
  (make) => {
    test('three processes accept an ended session no longer than the cache may be stale', async (t) => {
      const place = await placeFor(t, make)
      assert.ok(longestStaleness(t, await recorded(t, place)) < TTL, `seed ${SEED}`)
    })
  },
)

/** While the bus hangs, each change waits for it for a tenth of a second. */
const CUT_OPERATIONS = Math.ceil(Number(OPERATIONS) / 6)
/** Over and over: nobody notices that messages are lost, then the bus is gone, then it is back for a while. */
const BREAKS: ReadonlyMap<number, Weather> = new Map([
  [0, 'stall'],
  [80, 'refuse'],
  [90, 'fair'],
])
/** How many tokens are shared until it begins again. */
const ROUND = 100

for (const kind of ['postgres', 'redis'] as const) {
  describeCachedPlace(
    kind,
    TTL,
    (title) => `Z-1 on ${title}`,
    (make) => {
      test('three processes accept an ended session for less than the ttl when the bus breaks', async (t) => {
        const place = await placeFor(t, make)
        const { cache, network } = await withFragileBus(place.cache)
        t.after(() => network.close())
        const history = await recorded(t, { ...place, cache }, CUT_OPERATIONS, (shared) =>
          breakBus(network, shared),
        )
        const longest = longestStaleness(t, history)
        assert.ok(longest > 0, `no message was missed, seed ${SEED}`)
        assert.ok(longest < TTL, `seed ${SEED}`)
      })
    },
  )
}

function breakBus(network: FaultyNetworks, shared: number): void {
  const weather = BREAKS.get(shared % ROUND)
  if (weather !== undefined) network.turn(weather)
}

async function placeFor<P extends Place>(t: TestContext, make: () => Promise<MadePlace<P>>): Promise<P> {
  const { place, remove } = await make()
  t.after(remove)
  return place
}

/** In milliseconds; 0 if no ended session was accepted. */
function longestStaleness(t: TestContext, history: readonly Operation[]): number {
  const stale = staleAcceptances(history)
  const longest = Math.max(0, ...stale.map(stalenessOf))
  t.diagnostic(`${stale.length} stale acceptances, the longest ${longest.toFixed(1)} ms after the end`)
  return longest
}

/** Milliseconds between the acknowledgement of an end and a request that was accepted all the same. */
function stalenessOf({ accepted, ended }: Violation): number {
  return Number(accepted.sentAt - ended.answeredAt) / 1e6
}

/** A run whose acknowledged writes were all kept. */
async function recorded(
  t: TestContext,
  place: Place,
  operations = Number(OPERATIONS),
  onShare?: (shared: number) => void,
): Promise<Operation[]> {
  t.diagnostic(`seed ${SEED}`)
  const history = await runHistory(place, SEED, operations, onShare)
  t.diagnostic(summary(history))
  const { kind, url, prefix } = place
  const opened = await openStore({ kind, url, prefix })
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
