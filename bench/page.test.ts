import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { CONTESTANTS } from './contestants.ts'
import { Measurements } from './measurements.ts'
import { PAGE, PLOT, pageOf, plotOfResults, readSaved } from './page.ts'
import { planFrom } from './plan.ts'
import { resultsOf } from './results.ts'

const machine = {
  date: '2026-01-02',
  cpu: 'a processor',
  cores: 4,
  system: 'a system',
  versions: { redis: '9.9.9' },
}

function resultsWith(cpu: (kind: string) => number) {
  const all = CONTESTANTS.flatMap(({ id, kind }) =>
    [32, 4, 1].map((connections) => {
      const figures = { cpu: cpu(kind), requestsPerSecond: 1_000, p50: 1, p99: 2 }
      return { id, round: 1, connections, ...figures, trips: 1, writes: 0, setCookieBytes: 0 }
    }),
  )
  const measurements = new Measurements(CONTESTANTS, all)
  return resultsOf(planFrom([]), { measurements, logins: new Map(), versions: {} }, machine)
}

test('the page names every contestant and target, the machine, the day and the versions', () => {
  const requests = resultsWith((kind) => (kind === 'bare' ? 20 : 50))
  const page = pageOf({ requests, memory: null })
  for (const { title } of CONTESTANTS) assert.ok(page.includes(`| ${title} `), title)
  for (const { title } of requests.verdicts) assert.ok(page.includes(`| ${title} `), title)
  for (const fact of ['2026-01-02', 'a processor, 4 cores', 'a system', '9.9.9'])
    assert.ok(page.includes(fact))
})

test('a page of other results has other numbers, and so has its plot', () => {
  const [one, other] = [31.5, 77.5].map((cost) => resultsWith((kind) => (kind === 'bare' ? 20 : cost)))
  assert.ok(one && other)
  assert.match(pageOf({ requests: one, memory: null }), /\| +11\.5 \|/)
  assert.match(pageOf({ requests: other, memory: null }), /\| +57\.5 \|/)
  assert.ok(plotOfResults(other).includes('>57.5<'))
})

test('docs/performance.md and its plot are what the bench wrote of its results, to the letter', (t) => {
  const saved = readSaved()
  if (saved === null && !existsSync(PAGE)) return t.skip('npm run bench has not run yet')
  assert.ok(saved)
  assert.equal(readFileSync(PAGE, 'utf8'), pageOf(saved))
  assert.equal(readFileSync(PLOT, 'utf8'), plotOfResults(saved.requests))
})
