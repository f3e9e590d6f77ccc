import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeOf, plotOf } from './plot.ts'
import type { ResultRow } from './results.ts'

function row(title: string, added: number, kind: ResultRow['kind'] = 'peer'): ResultRow {
  const medians = { cpu: 0, share: 0, lowestShare: 0, highestShare: 0, requestsPerSecond: 0, throughput: 0 }
  const rest = { p50: 0, p99: 0, trips: 0, writes: 0, setCookieBytes: 0, loginTrips: 0 }
  return { id: title, title, kind, connections: 32, added, ...medians, ...rest }
}

test('the plot shows each contestant but the bare ones, the cheapest first', () => {
  const svg = plotOf([row('dear', 90), row('cheap', 4, 'latchstring'), row('bare', 0, 'bare')], 'A <title>')
  assert.ok(svg.indexOf('>cheap<') < svg.indexOf('>dear<'))
  assert.ok(!svg.includes('>bare<'))
  assert.ok(svg.includes('A &lt;title>'))
  assert.match(svg, /<circle class="latchstring"[^>]+r="5"\/>\n<text[^>]+>4\.0</)
})

test('ten times the cost is the same way to the right, and less than the axis shows is at its begin', () => {
  const decade = placeOf(100) - placeOf(10)
  assert.ok(Math.abs(placeOf(1_000) - placeOf(100) - decade) <= 1)
  assert.equal(placeOf(-3), placeOf(1))
})
