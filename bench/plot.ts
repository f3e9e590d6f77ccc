import type { ContestantKind } from './contestants.ts'
import type { ResultRow } from './results.ts'

const WIDTH = 880
const ROW = 22
const TOP = 64
const BOTTOM = 44
const LABELS = 330
const RIGHT = 90
/** About as wide as one is on average. */
const CHARACTER = 6

/** Microseconds. The costs lie orders of magnitude apart, so the axis is logarithmic. */
const TICKS = [1, 3, 10, 30, 100, 300, 1_000]
const LEAST = 1
const MOST = 1_000

type Drawn = Exclude<ContestantKind, 'bare'>

const LEGEND: Readonly<Record<Drawn, string>> = {
  latchstring: 'Latchstring',
  'drop-in': 'drop-in for express-session',
  peer: 'what people use',
  thinnest: 'thinnest look-up: the limit',
}

/** The colours are readable on white and on black; the texts follow what the reader prefers. */
const STYLE = `
text { font: 12px system-ui, sans-serif; fill: #1f2328; }
.soft { fill: #59636e; }
.grid { stroke: #d1d9e0; }
.leader { stroke: #d1d9e0; stroke-dasharray: 1 3; }
.title { font-size: 14px; font-weight: 600; }
.latchstring { fill: #1a7f37; }
.drop-in { fill: #0969da; }
.peer { fill: #cf222e; }
.thinnest { fill: #8250df; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; }
  .soft { fill: #9198a1; }
  .grid, .leader { stroke: #3d444d; }
  .latchstring { fill: #3fb950; }
  .drop-in { fill: #58a6ff; }
  .peer { fill: #ff7b72; }
  .thinnest { fill: #bc8cff; }
}
`

/** What each contestant adds, from the cheapest to the dearest. */
export function plotOf(rows: readonly ResultRow[], title: string): string {
  const drawn = rows.filter(isDrawn).sort((one, other) => one.added - other.added)
  const height = TOP + drawn.length * ROW + BOTTOM
  const body = [
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<text class="title" x="12" y="22">${escaped(title)}</text>`,
    ...legend(),
    ...grid(drawn.length),
    ...drawn.flatMap(mark),
  ]
  const view = `viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${view} role="img">\n${body.join('\n')}\n</svg>\n`
}

type DrawnRow = ResultRow & { readonly kind: Drawn }

function isDrawn(row: ResultRow): row is DrawnRow {
  return row.kind !== 'bare'
}

function mark({ title, kind, added }: DrawnRow, index: number): string[] {
  const y = TOP + index * ROW + ROW / 2
  const x = placeOf(added)
  return [
    `<text x="${LABELS - 12}" y="${y + 4}" text-anchor="end">${escaped(title)}</text>`,
    `<line class="leader" x1="${LABELS}" x2="${x}" y1="${y}" y2="${y}"/>`,
    `<circle class="${kind}" cx="${x}" cy="${y}" r="5"/>`,
    `<text class="soft" x="${x + 10}" y="${y + 4}">${added.toFixed(1)}</text>`,
  ]
}

function grid(count: number): string[] {
  const end = TOP + count * ROW
  const lines = TICKS.flatMap((tick) => [
    `<line class="grid" x1="${placeOf(tick)}" x2="${placeOf(tick)}" y1="${TOP}" y2="${end}"/>`,
    `<text class="soft" x="${placeOf(tick)}" y="${end + 16}" text-anchor="middle">${tick}</text>`,
  ])
  const middle = (LABELS + WIDTH - RIGHT) / 2
  const unit = 'µs of CPU for each request, on a logarithmic axis'
  return [...lines, `<text class="soft" x="${middle}" y="${end + 34}" text-anchor="middle">${unit}</text>`]
}

function legend(): string[] {
  let x = 18
  return Object.entries(LEGEND).flatMap(([kind, text]) => {
    const marks = [
      `<circle class="${kind}" cx="${x}" cy="42" r="5"/>`,
      `<text class="soft" x="${x + 10}" y="46">${text}</text>`,
    ]
    x += 44 + text.length * CHARACTER
    return marks
  })
}

/** What is cheaper than the axis begins, as noise may be, stands at its begin. */
export function placeOf(added: number): number {
  const share = Math.log(Math.max(added, LEAST) / LEAST) / Math.log(MOST / LEAST)
  return Math.round(LABELS + share * (WIDTH - RIGHT - LABELS))
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
