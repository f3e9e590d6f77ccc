import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { inParts, type Part } from './progress.ts'
import { FastRandom, givenSeed } from './seeds.ts'

function setEnvironment(t: TestContext, changes: Readonly<Record<'SEED' | 'PROGRESS', string>>): void {
  const { SEED = '', PROGRESS = '' } = process.env
  Object.assign(process.env, changes)
  t.after(() => Object.assign(process.env, { SEED, PROGRESS }))
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'latchstring-'))
  t.after(() => rmSync(path, { recursive: true }))
  return path
}

test('a long run that was stopped goes on with the part that it was at, and the same seed', async (t) => {
  setEnvironment(t, { SEED: '', PROGRESS: folder(t) })
  const before: Part[] = []
  const stopped = inParts('a run', 250, 100, async (part) => {
    if (before.push(part) === 2) throw new Error('stopped')
  })
  await assert.rejects(stopped, /stopped/)
  const after: Part[] = []
  const { done } = await inParts('a run', 250, 100, async (part) => void after.push(part))
  assert.equal(done, 150)
  assert.deepEqual(after[0], before[1])
  assert.deepEqual(
    after.map(({ count }) => count),
    [100, 50],
  )
  const { PROGRESS = '' } = process.env
  assert.deepEqual(readdirSync(PROGRESS), [], 'nothing is left of a run that is complete')
})

test('a seed that is given begins anew, with that very seed', async (t) => {
  setEnvironment(t, { SEED: '', PROGRESS: folder(t) })
  await assert.rejects(inParts('a run', 2, 1, async () => Promise.reject(new Error('stopped'))))
  Object.assign(process.env, { SEED: '77' })
  const parts: Part[] = []
  await inParts('a run', 2, 1, async (part) => void parts.push(part))
  assert.deepEqual(parts, [
    { seed: 77, count: 1 },
    { seed: 78, count: 1 },
  ])
})

test('a run that was begun with a seed goes on when the same seed is given', async (t) => {
  setEnvironment(t, { SEED: '77', PROGRESS: folder(t) })
  const stopped = inParts('a run', 2, 1, async ({ seed }) => assert.equal(seed, 77))
  await assert.rejects(stopped)
  const parts: Part[] = []
  await inParts('a run', 2, 1, async (part) => void parts.push(part))
  assert.deepEqual(parts, [{ seed: 78, count: 1 }])
})

test('what a killed run has half written down is no progress', async (t) => {
  setEnvironment(t, { SEED: '', PROGRESS: folder(t) })
  const { PROGRESS = '' } = process.env
  for (const text of ['{"seed":1', '{"seed":1,"done":"2"}', 'null', '[]']) {
    writeFileSync(join(PROGRESS, 'a-run.json'), text)
    assert.equal((await inParts('a run', 2, 1, async () => {})).done, 2, text)
  }
})

test('any text is a seed', (t) => {
  setEnvironment(t, { SEED: 'of last night', PROGRESS: '' })
  assert.equal(givenSeed(), givenSeed())
  assert.ok(Number.isSafeInteger(givenSeed()))
})

test('chance is the same for the same seed, another one for another, and even', () => {
  const draw = (seed: number) => {
    const random = new FastRandom(seed)
    return Array.from({ length: 10_000 }, () => random.below(10))
  }
  assert.deepEqual(draw(1), draw(1))
  assert.notDeepEqual(draw(1), draw(2))
  const counts = Map.groupBy(draw(3), (number) => number)
  for (let number = 0; number < 10; number++) {
    const { length = 0 } = counts.get(number) ?? []
    assert.ok(length > 900 && length < 1_100, `${number}: ${length}`)
  }
})
