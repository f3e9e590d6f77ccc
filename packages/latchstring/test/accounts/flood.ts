import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { send, times } from '../http/client.ts'
import { type RemoteApp, sharedFolder, startApp } from './app.ts'
import { median, quantile } from './distinguishable.ts'
import type { Reading, Times } from './reader-worker.ts'
import { ANNA } from './site.ts'

export const LOGINS = 500
const READS_PER_SECOND = 50

/** What the logins of a flood were answered. */
export interface Answers {
  readonly refused: number
  /** Turned away, and told when to come back. */
  readonly turnedAway: number
  /** Anything else, by its status. */
  readonly others: readonly number[]
}

export interface FloodedSite {
  readonly app: RemoteApp
  /** Reads the protected page for so many milliseconds, and tells the time of each read. */
  read(duration: number): Promise<Times>
  /** 500 logins at once, of nobody and from everywhere. */
  flood(): Promise<Answers>
}

/** An application and its reader, each in a process of its own. `waiting` passwords may wait to be hashed. */
export async function startFlooded(t: TestContext, { waiting }: { waiting: number }): Promise<FloodedSite> {
  const app = await startApp(t, { folder: sharedFolder(t), clock: 'real', trustProxy: 1, waiting })
  const browser = app.browser()
  await browser.post('/signup', ANNA)
  const reader = fork(new URL('./reader-worker.ts', import.meta.url), { execArgv: [] })
  t.after(() => reader.disconnect())
  const read: FloodedSite['read'] = async (duration) => {
    const url = `${app.origin}/protected`
    const reading: Reading = { url, cookie: browser.cookie, duration, perSecond: READS_PER_SECOND }
    const answered = once(reader, 'message')
    reader.send(reading)
    const [taken] = await answered
    return taken
  }
  return { app, read, flood: () => flood(app) }
}

async function flood({ origin }: RemoteApp): Promise<Answers> {
  const replies = await times(LOGINS, (index) => {
    // Each from its own address and for its own name: else the throttle would turn them away.
    const headers = { 'x-forwarded-for': `203.0.${index >> 8}.${index & 255}` }
    const json = { email: `nobody${index}@example.test`, password: 'not the right passphrase' }
    return send(origin, '/login', { method: 'POST', headers, json })
  })
  const isPatient = ({ status, headers }: (typeof replies)[number]) =>
    status === 503 && Number(headers['retry-after']) > 0
  const isRefused = ({ status }: (typeof replies)[number]) => status === 401
  return {
    refused: replies.filter(isRefused).length,
    turnedAway: replies.filter(isPatient).length,
    others: replies.filter((reply) => !isRefused(reply) && !isPatient(reply)).map(({ status }) => status),
  }
}

export interface Comparison {
  /** Milliseconds, of the windows in which nothing else happened. */
  readonly quiet: number
  /** Milliseconds, of the windows that a flood was in. */
  readonly flooded: number
  /** Of each flood. */
  readonly answers: readonly Answers[]
}

export interface Windows {
  readonly count: number
  /** How long each is, in milliseconds. */
  readonly duration: number
  /** Which of the times of a window is taken, as a part of 1. */
  readonly part: number
}

/** Of quiet and flooded windows in turn, so that whatever else the machine does is in both. */
export async function compareReads(
  { read, flood }: FloodedSite,
  { count, duration, part }: Windows,
): Promise<Comparison> {
  const [quiet, flooded, answers]: [number[], number[], Answers[]] = [[], [], []]
  for (let window = 0; window < count; window++) {
    quiet.push(quantile(inMilliseconds(await read(duration)), part))
    const [reads, answered] = await Promise.all([read(duration), flood()])
    flooded.push(quantile(inMilliseconds(reads), part))
    answers.push(answered)
  }
  return { quiet: median(quiet), flooded: median(flooded), answers }
}

/** Every read is answered, or else the test is over. */
function inMilliseconds(reads: Times): number[] {
  return reads.map((time) => {
    if (typeof time === 'number') return time
    throw new Error(`a read was answered ${time}`)
  })
}

/** Whether reads take at most twice as long as in quiet, or not so much longer that it could not be noise. */
export function isUnharmed({ quiet, flooded }: Comparison, noise: number): boolean {
  return flooded <= Math.max(2 * quiet, quiet + noise)
}
