import { Sessions } from '../src/core/sessions.ts'
import { sqliteStore } from '../src/stores/sqlite.ts'

/** Another node on the same file: it ends the sessions that it is told to. */
interface Order {
  readonly ending: 'log out' | 'revoke' | 'revokeAll'
  readonly userId: string
  readonly sessionId: string
  readonly token: string
}

const [, , file = ''] = process.argv
const store = sqliteStore(file)
const sessions = new Sessions({ store, storeTimeout: '5s' })

process.on('message', (order: Order) => {
  carryOut(order).then(
    () => process.send?.('done'),
    (error: unknown) => process.send?.(String(error)),
  )
})
process.on('disconnect', () => {
  sessions.close()
  store.close()
})
process.send?.('ready')

async function carryOut({ ending, userId, sessionId, token }: Order): Promise<void> {
  if (ending === 'log out') await sessions.end(await sessions.open(token), 'logged_out')
  if (ending === 'revoke') await sessions.revoke(userId, sessionId)
  if (ending === 'revokeAll') await sessions.revokeAll(userId)
}
