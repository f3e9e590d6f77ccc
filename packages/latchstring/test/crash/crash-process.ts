import { flushCompileCache } from 'node:module'
import { Sessions } from '../../src/core/sessions.ts'
import { openStore } from '../history/stores.ts'

/** What the process tells before and after each step, so that others know what was acknowledged when it dies. */
export interface Word {
  readonly kind: 'logged in' | 'ending' | 'ended'
  readonly token: string
}

const LANES = 3
/** For a connection on a busy machine, in milliseconds. */
const PATIENCE = 20_000

const [, , place = '', userId = ''] = process.argv
const { store } = await openStore(JSON.parse(place), { patience: PATIENCE, isBrief: true })
const sessions = new Sessions({ store, storeTimeout: '10s' })

// Node writes what it compiled when a process ends by itself, which none of these does.
flushCompileCache()
process.on('disconnect', () => process.exit())
for (let lane = 0; lane < LANES; lane++) void logInAndOut(lane)

/** Never stops by itself: it is killed. Every other session is ended again. */
async function logInAndOut(lane: number): Promise<void> {
  for (let count = 0; ; count++) {
    const token = await logIn(`${userId} ${lane}`)
    void tell('logged in', token)
    if (count % 2 === 1) continue
    await tell('ending', token)
    await sessions.end(await sessions.open(token), 'logged_out')
    void tell('ended', token)
  }
}

async function logIn(id: string): Promise<string> {
  const session = sessions.anonymous()
  const device = { address: null, userAgent: null }
  sessions.logIn(session, { id }, { method: 'password', remember: false, device })
  await sessions.commit(session)
  return session.token ?? ''
}

/**
 * Resolves once the word has left the process. While nobody reads, words wait in here and die with it: an end
 * that nobody heard announced would look like a login that was lost.
 */
function tell(kind: Word['kind'], token: string): Promise<void> {
  const word: Word = { kind, token }
  return new Promise((resolve) => process.send?.(word, () => resolve()))
}
