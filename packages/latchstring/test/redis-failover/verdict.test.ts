import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Step } from './load.ts'
import { type Audit, interruptionOf, judge, type Loss, type Verdict } from './verdict.ts'

/** What was acknowledged between 10 and 20 about s may be lost. */
const LOSS: Loss = { from: 10n, until: 20n, rows: new Set(['s']), lists: new Set(['s']) }

function step(kind: Step['kind'], at: bigint, changes: Partial<Step> = {}): Step {
  const times = { sentAt: at, answeredAt: at + 1n }
  return {
    kind,
    userId: 'u',
    sessionId: 's',
    isAccepted: true,
    isRefused: false,
    key: null,
    ...times,
    ...changes,
  }
}

function audit(...alive: string[]): Audit {
  return { alive: new Set(alive), listed: new Set(alive) }
}

function counts({ lostLogins, undoneEnds, unlisted, unexplained }: Verdict): number[] {
  return [lostLogins, undoneEnds, unlisted, unexplained].map(({ length }) => length)
}

test('nothing is found where everything acknowledged is as it was', () => {
  const other = { sessionId: 'other' }
  const history = [step('login', 1n), step('login', 2n, other), step('use', 3n), step('log out', 4n, other)]
  assert.deepEqual(counts(judge(history, audit('s'), LOSS)), [0, 0, 0, 0])
})

test('a login that is gone is lost, which only the last moments of its master explain', () => {
  for (const [at, unexplained] of [
    [5n, 1],
    [15n, 0],
    [25n, 1],
  ] as const) {
    assert.deepEqual(counts(judge([step('login', at)], audit(), LOSS)), [1, 0, 0, unexplained])
  }
  const elsewhere = step('login', 15n, { sessionId: 'other' })
  assert.deepEqual(counts(judge([elsewhere], audit(), LOSS)), [1, 0, 0, 1])
})

test('a login that somebody tried to end is not lost, whether the end was acknowledged or not', () => {
  for (const end of [step('log out', 30n), step('log out', 30n, { isAccepted: false, isRefused: true })]) {
    assert.deepEqual(counts(judge([step('login', 5n), end], audit(), LOSS)), [0, 0, 0, 0])
  }
})

test('an end is undone when the session is alive in the end, or was accepted in between', () => {
  for (const [at, unexplained] of [
    [5n, 1],
    [15n, 0],
    [25n, 1],
  ] as const) {
    const ended = [step('login', 1n), step('log out', at)]
    assert.deepEqual(counts(judge(ended, audit('s'), LOSS)), [0, 1, 0, unexplained])
    const revived = [...ended, step('use', 30n), step('log out', 40n)]
    const verdict = judge(revived, audit(), LOSS)
    assert.deepEqual(counts(verdict), [0, 1, 0, unexplained])
    assert.equal(verdict.falseAcceptances, 1)
  }
})

test('an end after the fail-over that does not last is not explained by one before', () => {
  const history = [step('login', 1n), step('log out', 15n), step('log out', 30n)]
  assert.deepEqual(counts(judge(history, audit('s'), LOSS)), [0, 2, 0, 1])
})

test('a session in no list is explained by a late login, or by a late log-out that is half undone', () => {
  const unlisted: Audit = { alive: new Set(['s']), listed: new Set() }
  assert.deepEqual(counts(judge([step('login', 5n)], unlisted, LOSS)), [0, 0, 1, 1])
  assert.deepEqual(counts(judge([step('login', 15n)], unlisted, LOSS)), [0, 0, 1, 0])
  const elsewhere = { ...LOSS, lists: new Set<string>() }
  assert.deepEqual(counts(judge([step('login', 15n)], unlisted, elsewhere)), [0, 0, 1, 1])
  const undone = [step('login', 5n), step('log out', 15n)]
  assert.deepEqual(counts(judge(undone, unlisted, elsewhere)), [0, 1, 1, 0])
})

test('an interruption lasts until the last refusal, and is silent where nothing succeeds', () => {
  const refused = { isAccepted: false, isRefused: true }
  const at = (milliseconds: number) => BigInt(milliseconds) * 1_000_000n
  const history = [
    step('use', at(90)),
    step('use', at(150), refused),
    step('use', at(300)),
    step('use', at(700)),
    step('use', at(800), refused),
    step('use', at(900)),
  ]
  assert.deepEqual(interruptionOf(history, at(100)), { refused: 2, until: 700, silence: 400 })
})
