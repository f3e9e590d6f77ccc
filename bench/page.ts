// Writes docs/performance.md and its plot from what the benches saved: node bench/page.ts

import { writeFileSync } from 'node:fs'
import type { MemoryResults } from './memory.ts'
import { plotOf } from './plot.ts'
import { type ResultRow, type Results, readResults } from './results.ts'
import { costTable, growthTable, rowsAt, singleTable, table, verdictTable, weightTable } from './table.ts'

/** Those that are there; a page needs the first. */
export interface Saved {
  readonly requests: Results
  readonly memory: MemoryResults | null
}

export function readSaved(): Saved | null {
  const requests = readResults<Results>('requests')
  return requests === null ? null : { requests, memory: readResults<MemoryResults>('memory') }
}

export function writePage(): void {
  const saved = readSaved()
  if (saved === null) throw new Error('run `npm run bench` first')
  writeFileSync(PAGE, pageOf(saved))
  writeFileSync(PLOT, plotOfResults(saved.requests))
}

export const PAGE = new URL('../docs/performance.md', import.meta.url)
export const PLOT = new URL('../docs/performance.svg', import.meta.url)

export function plotOfResults(results: Results): string {
  return plotOf(rowsAt(results, 32).filter(isBasic), 'What a session adds to a request, at 32 connections')
}

export function pageOf({ requests, memory }: Saved): string {
  const sections = [
    introduction(requests),
    section('32 connections', costTable(rowsAt(requests, 32).filter(isBasic))),
    section('4 connections', costTable(rowsAt(requests, 4).filter(isBasic))),
    section('1 connection', `${SINGLY}\n\n${singleTable(rowsAt(requests, 1).filter(isBasic))}`),
    section('More data, more sessions', `${VARIED}\n\n${costTable(rowsAt(requests, 32).filter(isVaried))}`),
    section('What was to be reached', `${TARGETS}\n\n${verdictTable(requests.verdicts)}`),
    ...(memory === null ? [] : [memorySection(memory)]),
    section('Machine', machineTable(requests)),
    section('Run it again', AGAIN),
  ]
  return `${sections.join('\n\n')}\n`
}

function introduction({ sessions, rounds, slot }: Results): string {
  return `# What a session costs

Every number on this page was printed by \`npm run bench\`, which also wrote the page.

![What a session adds to a request](performance.svg)

The work is \`GET /protected\` with the cookie of a logged-in user and a small JSON answer, for ${sessions} sessions in
turn, each with 100 bytes of data. Every contestant is a process of its own. They work one at a time, ${slot / 1_000} s
each and in another order in each of ${rounds} rounds; the figures are the medians of the rounds.

- **+µs**: CPU of the server's process for each request, user and system, read from outside, over Express without any
  session in the same round (over Fastify where the contestant runs on it). In brackets: the CPU of the bare framework.
- **share**: the same as a share of what express-session with its MemoryStore adds in that round: the figure to judge
  by. Beside it the lowest and the highest round: where they lie far apart, the machine did other things meanwhile, and
  the share says little.
- **of bare**: requests a second, as a share of those of the bare framework.
- **trips**: round trips to the store for each request. A trip to a file or to memory is none.
- **writes**: those of them that may change something. For SQLite a slot in which the file changed counts one.
- **Set-Cookie B**: bytes of Set-Cookie lines for each request.
- **trips a login**: round trips of one login. Only better-auth and our accounts look a user up for it.

"No timeout" is node-redis with the timer switched off that it otherwise sets for each command, as it is for the
thinnest look-up; Latchstring and the others are given clients with their drivers' defaults.

The thinnest look-up cuts the cookie out of its header, hashes it once and reads once, without expiry, versions or a
deadline: this is the limit. Where reads can share a query, its do. The CPU of the store's own server is not
counted.`
}

const SINGLY = 'One request at a time: reads that come together share a trip, and here none do.'

const VARIED = `At 32 connections: the data of each session as a list of small objects of 10 kB in all, and ten times as many
sessions. The share is still that of express-session with 100 bytes.`

const TARGETS = `Shares of what the contestant after the stroke adds, at 32 connections where nothing else is said. "Above the
thinnest look-up" is the distance to the limit.`

const AGAIN = `\`\`\`sh
npm run bench                     # everything; brings the servers by apt-get if they are missing
npm run bench -- --rounds 3 --slot 500 --only latchstringMemory,expressSessionMemory
npm run bench:quick               # what CI compares with its bounds
npm run bench:memory              # bytes and growth
\`\`\`

A contestant is a file in [bench/contestants](../bench/contestants). On a machine that does other things meanwhile,
compare the shares, not the microseconds.`

function section(title: string, body: string): string {
  return `## ${title}\n\n${body}`
}

function memorySection({ machine, weights, growth }: MemoryResults): string {
  const measured = `Printed by \`npm run bench:memory\` on ${machine.date}, Node.js ${machine.versions['Node.js']}.`
  const body = `Sessions with 100 bytes of data. What a process does not let go grows with its requests.`
  return section('Memory', [measured, body, weightTable(weights), growthTable(growth)].join('\n\n'))
}

function machineTable({ machine }: Results): string {
  const { date, cpu, cores, system, versions } = machine
  const rows = [
    ['date', date],
    ['processor', `${cpu}, ${cores} cores, which the load generator and the servers share`],
    ['system', system],
    ...Object.entries(versions),
  ]
  return table(['', ''], rows)
}

function isVaried({ id }: ResultRow): boolean {
  return /(Large|Many)$/.test(id) || id === 'bareExpress'
}

function isBasic({ id }: ResultRow): boolean {
  return !/(Large|Many)$/.test(id)
}

if (import.meta.main) writePage()
