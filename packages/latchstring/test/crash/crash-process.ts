import { Sessions } from '../../src/core/sessions.ts'
import { openStore } from '../history/stores.ts'

/** What the process tells before and after each step, so that others know what was acknowledged when it dies. */
export interface Word {
  readonly kind: 'logged in' | 'ending' | 'ended'
  readonly token: string
}

const LANES = 3

const [, , place = '', userId = ''] = process.argv
const { store } = await openStore(JSON.parse(place))
const sessions = new Sessions({ store, storeTimeout: '10s' })

process.on('disconnect', () => process.exit())
for (let lane = 0; lane < LANES; lane++) void logInAndOut(lane)

/** Never stops by itself: it is killed. Every other session is ended again. */
async function logInAndOut(lane: number): Promise<void> {
  for (let count = 0; ; count++) {
    const token = await logIn(`${userId} ${lane}`)
    tell('logged in', token)
    if (count % 2 === 1) continue
    tell('ending', token)
    await sessions.end(await sessions.open(token), 'logged_out')
    tell('ended', token)
  }
}

async function logIn(id: string): Promise<string> {
  const session = sessions.anonymous()
  const device = { address: null, userAgent: null }
  sessions.logIn(session, { id }, { method: 'password', remember: false, device })
  await sessions.commit(session)
  return session.token ?? ''
}

function tell(kind: Word['kind'], token: string): void {
  process.send?.({ kind, token })
}
