// npm run check:startup: how long it takes until `latchstring/express`, as it is published, can be used

import { spawnSync } from 'node:child_process'
import { median } from './statistics.ts'

/** Milliseconds. */
const MOST = 30
/** Of what Node itself takes to start: what counts on a machine on which even that takes long. */
const MOST_OF_EMPTY = 0.75
const PAIRS = 15
/** A machine that is busy with other things may be asked again. */
const TRIES = 10

const REPORT = 'const { user, system } = process.cpuUsage(); console.log(user + system)'
const NOTHING = REPORT
const IMPORT = `import 'latchstring/express'; ${REPORT}`

/** CPU of a whole process, in milliseconds: what else the machine does has little part in it. */
function timeOf(program: string): number {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    env: { ...process.env, NODE_OPTIONS: '' },
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  return Number(stdout) / 1_000
}

interface Startup {
  /** Milliseconds of the import alone. */
  readonly added: number
  /** Milliseconds of the import as a share of those that Node takes without it. */
  readonly share: number
}

/** By turns, so that both see the same machine. */
function measure(): Startup {
  const pairs = Array.from({ length: PAIRS }, () => ({ empty: timeOf(NOTHING), importing: timeOf(IMPORT) }))
  const empty = median(pairs.map((pair) => pair.empty))
  const added = median(pairs.map(({ importing }) => importing)) - empty
  return { added, share: added / empty }
}

function isFast({ added, share }: Startup): boolean {
  return added <= MOST || share <= MOST_OF_EMPTY
}

function report({ added, share }: Startup): string {
  const allowed = `allowed are ${MOST} ms or ${MOST_OF_EMPTY}`
  return `importing latchstring/express takes ${added.toFixed(1)} ms, ${share.toFixed(2)} of Node's own start: ${allowed}`
}

function isEverFast(tries: number): boolean {
  const startup = measure()
  console.log(report(startup))
  return isFast(startup) || (tries > 1 && isEverFast(tries - 1))
}

if (!isEverFast(TRIES)) {
  console.error('failed: what is imported at the start takes too long')
  process.exitCode = 1
}
