import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SessionLimit } from '../../src/core/limit.ts'
import type { Crew } from './crew.ts'
import type { Admission } from './member-process.ts'

const MAX = 3
/** 50 in all. */
const LOGINS = [17, 17, 16]

/** A limit of sessions, when one user logs in through three processes at the same time. */
export function testParallelLogins(crewOf: () => Crew): void {
  test('leave the newest sessions within the limit, of 50 parallel logins of one user (S-18, T31)', async () => {
    const crew = crewOf()
    const userId = `newest, ${crew.isCached}`
    const admissions = await logInEverywhere(crew, userId, { max: MAX, policy: 'revoke-oldest' })
    // A login may be the oldest and make room while it is being made.
    assert.deepEqual(refusalsBeside(admissions, 'conflict'), [])
    await assertAliveAreListed(crew, userId, admissions)
  })

  test('let in as many as the limit denies none, of 50 parallel logins of one user (S-18, T31)', async () => {
    const crew = crewOf()
    const userId = `first, ${crew.isCached}`
    const admissions = await logInEverywhere(crew, userId, { max: MAX, policy: 'deny' })
    assert.deepEqual(refusalsBeside(admissions, 'session_limit'), [])
    assert.equal(admissions.filter(({ refusal }) => refusal === null).length, MAX)
    await assertAliveAreListed(crew, userId, admissions)
  })
}

async function logInEverywhere({ members }: Crew, userId: string, limit: SessionLimit): Promise<Admission[]> {
  const each = members.map((member, index) => member.ask('logInAtOnce', userId, limit, LOGINS[index] ?? 0))
  return (await Promise.all(each)).flat()
}

function refusalsBeside(admissions: readonly Admission[], expected: string): unknown[] {
  return admissions
    .map(({ refusal }) => refusal)
    .filter((refusal) => refusal !== null && refusal !== expected)
}

async function assertAliveAreListed({ truth }: Crew, userId: string, admissions: readonly Admission[]) {
  const tokens = admissions.flatMap(({ token }) => (token === null ? [] : [token]))
  assert.equal(await truth.countAlive(tokens), MAX)
  assert.equal(await truth.countListed(userId), MAX)
}
