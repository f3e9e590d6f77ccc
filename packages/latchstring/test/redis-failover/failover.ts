import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Sessions } from '../../src/core/sessions.ts'
import { tokenKey } from '../../src/core/token.ts'
import { redisStore } from '../../src/stores/redis.ts'
import { SeededRandom } from '../history/random.ts'
import { type Driver, openClient } from './clients.ts'
import { type Deployment, deploy, type Kind, withRequiredReplica } from './deployments.ts'
import { type KnownSession, Load, type Step } from './load.ts'
import { type Audit, interruptionOf, judge, type Loss, type Verdict } from './verdict.ts'

/**
 * How a master is lost. When it is cut off first, its replicas lose it half a second before, and what it acknowledges
 * meanwhile is lost; `min-replicas-to-write` forbids it to acknowledge anything without a replica.
 */
export const SCENARIOS = [
  'killed',
  'cut off, then killed',
  'cut off, then killed, with min-replicas-to-write',
] as const

export type Scenario = (typeof SCENARIOS)[number]

export interface Failover {
  readonly kind: Kind
  readonly driver: Driver
  readonly scenario: Scenario
  readonly seed: string
}

const PREFIX = 'failover:'

/** Milliseconds. */
const BEFORE = 1_500
const CUT_OFF = 500
/** Without a refusal, after which all is well again. */
const CALM = 2_000
const LONGEST = 30_000
/** By how much a replica may be behind although nobody cut it off. */
const LAG = 1_000

/** Null when the test was skipped. */
export async function failOver(
  t: TestContext,
  { kind, driver, scenario, seed }: Failover,
): Promise<Verdict | null> {
  t.diagnostic(`seed ${seed}`)
  const random = new SeededRandom(`${seed} ${kind} ${driver} ${scenario}`)
  const plain = await deploy(t, kind, random)
  if (plain === null) return null
  const isNarrowed = scenario.endsWith('min-replicas-to-write')
  const deployment = isNarrowed ? await withRequiredReplica(t, plain) : plain
  const { client, close } = await openClient(kind, driver, deployment.ports)
  t.after(close)
  const load = new Load(redisStore(client, { prefix: PREFIX }), random)
  const running = load.run()
  await sleep(BEFORE)
  const death = await (scenario === 'killed' ? kill(deployment) : cutOffAndKill(deployment))
  await calm(load, death.killedAt)
  load.stop()
  await running
  return report(t, load, deployment, death)
}

/** Monotonic nanoseconds: when the master died, and since when nothing it acknowledged is safe. */
interface Death {
  readonly unsafeFrom: bigint
  readonly killedAt: bigint
}

async function kill({ victim }: Deployment): Promise<Death> {
  const unsafeFrom = process.hrtime.bigint() - BigInt(LAG * 1e6)
  await victim.kill()
  return { unsafeFrom, killedAt: process.hrtime.bigint() }
}

async function cutOffAndKill({ victim, replicas }: Deployment): Promise<Death> {
  const unsafeFrom = process.hrtime.bigint() - BigInt(LAG * 1e6)
  await victim.cutOff(replicas)
  await sleep(CUT_OFF)
  await victim.kill()
  const killedAt = process.hrtime.bigint()
  await Promise.all(replicas.map((replica) => replica.mayReturn()))
  return { unsafeFrom, killedAt }
}

/** Waits until operations have been refused and are no more. */
async function calm({ history }: Load, killedAt: bigint): Promise<void> {
  const end = killedAt + BigInt(LONGEST * 1e6)
  for (;;) {
    await sleep(100)
    const now = process.hrtime.bigint()
    const lastRefusal = history.findLast(({ isRefused }) => isRefused)?.answeredAt ?? killedAt
    if (lastRefusal > killedAt && now - lastRefusal > BigInt(CALM * 1e6)) return
    assert.ok(now < end, `after ${LONGEST} ms operations are still refused, or none was`)
  }
}

async function report(t: TestContext, load: Load, deployment: Deployment, death: Death): Promise<Verdict> {
  const { history, known } = load
  const sessions = new Sessions({ store: load.store, storeTimeout: '30s' })
  sessions.close()
  const loss = await lossOf(known, deployment, death)
  const verdict = judge(history, await auditOf(sessions, known), loss)
  tellInterruption(t, history, loss, death)
  tellLoss(t, verdict)
  await endsEverything(sessions, known)
  return verdict
}

async function lossOf(
  known: readonly KnownSession[],
  { ownedByVictim }: Deployment,
  { unsafeFrom, killedAt }: Death,
): Promise<Loss> {
  const rows = await ownedByVictim(known.map(({ token }) => `${PREFIX}s:${tokenKey(token)}`))
  const lists = await ownedByVictim(
    known.map(({ userId }) => `${PREFIX}u:${hash('sha256', userId, 'base64url')}`),
  )
  const where = (isThere: readonly boolean[]) =>
    new Set(known.filter((_, index) => isThere[index]).map(({ sessionId }) => sessionId))
  return { from: unsafeFrom, until: killedAt, rows: where(rows), lists: where(lists) }
}

async function auditOf(sessions: Sessions, known: readonly KnownSession[]): Promise<Audit> {
  const opened = await Promise.all(known.map(({ token }) => sessions.open(token)))
  const users = new Set(known.map(({ userId }) => userId))
  const lists = await Promise.all([...users].map((userId) => sessions.list(userId)))
  return {
    alive: new Set(opened.flatMap(({ userId, id }) => (userId === null || id === null ? [] : [id]))),
    listed: new Set(lists.flat().map(({ id }) => id)),
  }
}

function tellInterruption(
  t: TestContext,
  history: readonly Step[],
  { rows }: Loss,
  { killedAt }: Death,
): void {
  const others = history.filter(({ sessionId }) => sessionId !== null && !rows.has(sessionId))
  t.diagnostic(`${history.length} operations: ${refusals(history, killedAt)}`)
  if (others.length > 0) t.diagnostic(`on sessions of other masters: ${refusals(others, killedAt)}`)
}

function refusals(history: readonly Step[], killedAt: bigint): string {
  const { refused, until, silence } = interruptionOf(history, killedAt)
  return `${refused} refused, the last ${until} ms after the death, nothing succeeded for ${silence} ms`
}

function tellLoss(t: TestContext, verdict: Verdict): void {
  const { lostLogins, logins, undoneEnds, ends, falseAcceptances, unlisted } = verdict
  t.diagnostic(
    `lost ${lostLogins.length} of ${logins} acknowledged logins, undone ${undoneEnds.length} of ${ends} acknowledged log-outs ` +
      `(accepted ${falseAcceptances} times while under load), ${unlisted.length} sessions in no list`,
  )
}

/** What a fail-over brought back can be ended for good. */
async function endsEverything(sessions: Sessions, known: readonly KnownSession[]): Promise<void> {
  for (const { token } of known) await sessions.end(await sessions.open(token), 'logged_out')
  const { alive } = await auditOf(sessions, known)
  assert.deepEqual([...alive], [])
}
