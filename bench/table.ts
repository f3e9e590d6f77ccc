import type { Growth } from './growth.ts'
import type { ResultRow, Results } from './results.ts'
import type { Verdict } from './targets.ts'
import type { Weight } from './weights.ts'

/** Markdown, which a terminal shows well enough. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...rows]
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`
  return cells.map(line).join('\n')
}

const HEAD = [
  'contestant',
  '+µs',
  'share',
  'from, to',
  'req/s',
  'of bare',
  'p50 ms',
  'p99 ms',
  'trips',
  'writes',
  'Set-Cookie B',
  'trips a login',
]

/** What each contestant costs at so many connections. */
export function costTable(rows: readonly ResultRow[]): string {
  return table(HEAD, rows.map(costCells))
}

function costCells(row: ResultRow): string[] {
  return [
    row.title,
    row.kind === 'bare' ? `(${row.cpu.toFixed(1)})` : row.added.toFixed(1),
    ...shareCells(row),
    row.requestsPerSecond.toFixed(0),
    row.throughput.toFixed(2),
    row.p50.toFixed(2),
    row.p99.toFixed(2),
    amount(row.trips),
    amount(row.writes),
    row.setCookieBytes.toFixed(0),
    amount(row.loginTrips),
  ]
}

/** Nothing for what adds nothing, and where the contestant that shares are of did not run. */
function shareCells({ kind, share, lowestShare, highestShare }: ResultRow): string[] {
  if (kind === 'bare' || Number.isNaN(share)) return ['', '']
  return [share.toFixed(2), `${lowestShare.toFixed(2)}, ${highestShare.toFixed(2)}`]
}

/** Round trips at one connection, where reads cannot share any. */
export function singleTable(rows: readonly ResultRow[]): string {
  const cells = rows.map((row) => [row.title, amount(row.trips), amount(row.writes), row.p50.toFixed(2)])
  return table(['contestant', 'trips', 'writes', 'p50 ms'], cells)
}

export function verdictTable(verdicts: readonly Verdict[]): string {
  const cells = verdicts.map(({ title, value, atMost, atLeast, isReached }) => [
    title,
    amount(value),
    atLeast === atMost ? `exactly ${atMost}` : `${atMost}`,
    isReached ? 'reached' : '**missed**',
  ])
  return table(['target', 'measured', 'at most', ''], cells)
}

export function weightTable(weights: readonly Weight[]): string {
  const cells = weights.map(({ title, bytes, count }) => [title, bytes.toFixed(0), String(count)])
  return table(['memory', 'bytes each', 'held'], cells)
}

export function growthTable(growth: readonly Growth[]): string {
  const cells = growth.map(({ title, requests, slope }) => [title, String(requests), slope.toFixed(3)])
  return table(['growth of the heap', 'requests', 'bytes a request'], cells)
}

/** Zero is said only of what is nothing. */
function amount(value: number): string {
  return value !== 0 && Math.abs(value) < 0.005 ? value.toPrecision(1) : String(Number(value.toFixed(2)))
}

export function rowsAt({ rows }: Pick<Results, 'rows'>, connections: number): ResultRow[] {
  return rows.filter((row) => row.connections === connections)
}
