import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { describePlaces, type MadePlace } from '../history/servers.ts'
import { PartWorker } from '../random/inWorker.ts'
import { inParts, type Part } from '../random/progress.ts'
import { check, checkPart, inMemory } from './check.ts'
import { allButExpiry, everything } from './compare.ts'
import { FOUND } from './found.ts'
import { type Opened, open } from './servers.ts'

/** `SEQUENCES=1000000 npm test -- "users expect"` is the long form; `SEED=…` plays the same sequences again. */
const { SEQUENCES = '10000', STORE_SEQUENCES = '100' } = process.env
const PART = 1_000
const STORE_PART = 50

test('sessions in memory do what users expect (Z-8)', (t) => inWorker(t, 'memory', Number(SEQUENCES)))

test('sessions behind caches leave the same trace as without (Z-8)', (t) =>
  inWorker(t, 'cached', Math.ceil(Number(SEQUENCES) / 5)))

for (const { what, scenario } of FOUND) {
  test(`${what}`, async () => {
    assert.equal(await check(scenario, inMemory), null)
  })
}

describePlaces(
  (title) => `sessions on ${title}`,
  (make) => {
    let made: MadePlace
    let opened: Opened
    before(async () => {
      made = await make()
      opened = await open(made.place)
    })
    after(async () => {
      await opened.close()
      await made.remove()
    })

    test('leave the same trace as in memory (Z-8)', (t) =>
      checkAll(t, Number(STORE_SEQUENCES), STORE_PART, (part) => checkPart(part, opened.bare, everything)))

    test('leave the same trace behind caches (Z-8)', (t) =>
      checkAll(t, Math.ceil(Number(STORE_SEQUENCES) / 5), STORE_PART, (part) =>
        checkPart(part, opened.cached, allButExpiry),
      ))
  },
)

async function inWorker(t: TestContext, kind: 'memory' | 'cached', sequences: number): Promise<void> {
  const worker = new PartWorker(new URL('./model-worker.ts', import.meta.url), kind)
  t.after(() => worker.close())
  await checkAll(t, sequences, PART, (part) => worker.ask(part))
}

async function checkAll(
  t: TestContext,
  sequences: number,
  size: number,
  run: (part: Part) => Promise<unknown>,
): Promise<void> {
  const { seed, done, milliseconds } = await inParts(t.fullName, sequences, size, async (part) => {
    const found = await run(part)
    if (found !== null) assert.fail(String(found))
  })
  t.diagnostic(`seed ${seed}: ${done} sequences, ${Math.round((done / milliseconds) * 1_000)} a second`)
}
