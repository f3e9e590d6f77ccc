import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { KINDS } from '../../../../scripts/servers/kinds.ts'
import { Sessions } from '../../src/core/sessions.ts'
import { bundleOf } from '../bundle.ts'
import { SeededRandom } from '../history/random.ts'
import { openStore, type Place } from '../history/stores.ts'
import { createDatabase, describeWith } from '../servers.ts'
import type { Word } from './crash-process.ts'

/** `ROUNDS=10000 npm test -- Z-4` is the long form; `SEED=…` gives a run the same moments again. */
const { SEED = randomBytes(4).toString('hex'), ROUNDS = '200' } = process.env
const PARALLEL = 3
const LONGEST_LIFE = 40

const VICTIM = new URL('./crash-process.ts', import.meta.url)

const NAME = 'after kill -9 every acknowledged login is alive, and every acknowledged end effective'

test(`Z-4, T17 on SQLite: ${NAME}`, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'latchstring-'))
  t.after(() => rmSync(folder, { recursive: true }))
  await survivesKills(t, { kind: 'sqlite', url: join(folder, 'sessions.db'), prefix: '' })
})

for (const kind of ['postgres', 'mysql'] as const) {
  describeWith(kind, `Z-4, T17 on ${KINDS[kind].title}`, () => {
    test(NAME, async (t) => {
      const { url, drop } = await createDatabase(kind)
      t.after(drop)
      await survivesKills(t, { kind, url, prefix: '' })
    })
  })
}

for (const kind of ['redis', 'redis-cluster'] as const) {
  describeWith(kind, `Z-4, T17 on ${KINDS[kind].title}`, (url) => {
    test(NAME, (t) => survivesKills(t, { kind, url, prefix: `crash-${randomUUID()}:` }))
  })
}

async function survivesKills(t: TestContext, place: Place): Promise<void> {
  const { store, close } = await openStore(place)
  const sessions = new Sessions({ store, storeTimeout: '10s' })
  const random = new SeededRandom(SEED)
  const counts = { logins: 0, ends: 0 }
  let rounds = 0
  const lane = async () => {
    while (rounds++ < Number(ROUNDS)) {
      const words = await killedProcess(place, `${SEED} ${rounds}`, random.below(LONGEST_LIFE))
      await assertAcknowledged(sessions, words, counts)
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, lane))
  t.diagnostic(`seed ${SEED}, ${ROUNDS} kills, ${counts.logins} logins, ${counts.ends} ends acknowledged`)
  sessions.close()
  await close()
}

/** Everything that a process said until it was killed. */
async function killedProcess(place: Place, userId: string, life: number): Promise<Word[]> {
  const victim = fork(await bundleOf(VICTIM), [JSON.stringify(place), userId], { execArgv: [] })
  const words: Word[] = []
  victim.on('message', (word: Word) => words.push(word))
  const closed = once(victim, 'close')
  // The first word is that of the first login: there is nothing to lose before.
  await Promise.race([once(victim, 'message'), closed])
  assert.notEqual(words.length, 0, 'the process died by itself')
  await sleep(life)
  victim.kill('SIGKILL')
  await closed
  return words
}

async function assertAcknowledged(
  sessions: Sessions,
  words: readonly Word[],
  counts: { logins: number; ends: number },
): Promise<void> {
  const said = (kind: Word['kind']) =>
    new Set(words.filter((word) => word.kind === kind).map(({ token }) => token))
  const [ending, ended] = [said('ending'), said('ended')]
  for (const token of said('logged in')) {
    const isAlive = (await sessions.open(token)).userId !== null
    if (ended.has(token)) assert.equal(isAlive, false, `an acknowledged end was undone, seed ${SEED}`)
    else if (!ending.has(token)) assert.equal(isAlive, true, `an acknowledged login was lost, seed ${SEED}`)
    counts.logins++
  }
  counts.ends += ended.size
}
